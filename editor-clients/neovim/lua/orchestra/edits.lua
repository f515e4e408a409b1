--- Applies the server's edits and, where no text of the user is at stake, writes the files.
local orchestra = require('orchestra')

local M = {}

local function touched(edit)
  local uris = {}
  for uri in pairs(edit.changes or {}) do
    uris[uri] = true
  end
  for _, change in ipairs(edit.documentChanges or {}) do
    if change.textDocument then
      uris[change.textDocument.uri] = true
    end
  end
  return vim.tbl_keys(uris)
end

local function write(bufnr)
  local name = vim.api.nvim_buf_get_name(bufnr)
  vim.fn.mkdir(vim.fn.fnamemodify(name, ':h'), 'p')
  -- autocommands such as format-on-save would change what the agent wrote before it was tested
  local ok, reason = pcall(vim.api.nvim_buf_call, bufnr, function()
    vim.cmd('silent lockmarks keepalt noautocmd write!')
  end)
  if not ok then
    vim.notify(('Orchestra: %s stays unsaved: %s'):format(name, reason), vim.log.levels.WARN)
  end
end

--- The handler of `workspace/applyEdit`.
function M.apply(err, params, ctx, config)
  local before = {}
  for _, uri in ipairs(touched(params.edit)) do
    local bufnr = vim.uri_to_bufnr(uri)
    before[bufnr] = vim.api.nvim_buf_is_loaded(bufnr) and vim.bo[bufnr].modified
    vim.fn.bufload(bufnr)
    vim.bo[bufnr].buflisted = true
    vim.lsp.buf_attach_client(bufnr, ctx.client_id)
  end
  local result = vim.lsp.handlers['workspace/applyEdit'](err, params, ctx, config)
  for bufnr, was_modified in pairs(before) do
    if vim.bo[bufnr].filetype == '' then
      vim.api.nvim_buf_call(bufnr, function()
        vim.cmd('filetype detect')
      end)
    end
    if result and result.applied and orchestra.options.save and not was_modified then
      write(bufnr)
    end
  end
  return result
end

return M
