--- Applies the server's edits and, where no text of the user is at stake, writes the files.
local messages = require('orchestra.messages')
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

--- Load a file as a listed buffer that the server hears of; another Neovim's swap file is no reason to ask.
local function show(bufnr, client_id)
  local shortmess = vim.o.shortmess
  vim.opt.shortmess:append('A')
  pcall(vim.fn.bufload, bufnr)
  vim.o.shortmess = shortmess
  vim.bo[bufnr].buflisted = true
  vim.lsp.buf_attach_client(bufnr, client_id)
end

local function detect_filetype(bufnr)
  if vim.bo[bufnr].filetype == '' then
    vim.api.nvim_buf_call(bufnr, function()
      vim.cmd('silent! filetype detect')
    end)
  end
end

local function write(bufnr)
  local name = vim.api.nvim_buf_get_name(bufnr)
  vim.fn.mkdir(vim.fn.fnamemodify(name, ':h'), 'p')
  -- format-on-save would change what the agent wrote before it was tested
  local ok, reason = pcall(vim.api.nvim_buf_call, bufnr, function()
    vim.cmd('silent keepalt lockmarks noautocmd write!')
  end)
  if not ok then
    messages.warn(('%s stays unsaved: %s'):format(name, reason))
  end
end

--- The handler of `workspace/applyEdit`.
function M.apply(err, params, ctx, config)
  local may_write = {}
  for _, uri in ipairs(touched(params.edit)) do
    local bufnr = vim.uri_to_bufnr(uri)
    may_write[bufnr] = orchestra.options.save and not (vim.api.nvim_buf_is_loaded(bufnr) and vim.bo[bufnr].modified)
    show(bufnr, ctx.client_id)
  end
  -- without the label, which some versions print, so that many edits would ask for a key to go on
  local result = vim.lsp.handlers['workspace/applyEdit'](err, { edit = params.edit }, ctx, config)
  for bufnr, allowed in pairs(may_write) do
    detect_filetype(bufnr)
    if result and result.applied and allowed then
      write(bufnr)
    end
  end
  return result
end

return M
