--- One server process for each root folder, and the buffers that belong to it.
local orchestra = require('orchestra')
local edits = require('orchestra.edits')
local runs = require('orchestra.runs')

local M = {}
local clients = {} -- root folder -> client id

local function capabilities()
  local all = vim.lsp.protocol.make_client_capabilities()
  all.experimental = { orchestra = { events = true, status = true } }
  return all
end

local function belongs(bufnr, root)
  local name = vim.api.nvim_buf_get_name(bufnr)
  return vim.api.nvim_buf_is_loaded(bufnr)
    and vim.bo[bufnr].buftype == ''
    and name ~= ''
    and vim.startswith(vim.fn.fnamemodify(name, ':p'), root .. '/')
end

local function attach_all(id, root)
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if belongs(bufnr, root) then
      vim.lsp.buf_attach_client(bufnr, id)
    end
  end
end

local function watch_new_buffers(id, root)
  local group = vim.api.nvim_create_augroup('orchestra_' .. id, { clear = true })
  vim.api.nvim_create_autocmd({ 'BufReadPost', 'BufNewFile', 'BufFilePost' }, {
    group = group,
    callback = function(args)
      if belongs(args.buf, root) then
        vim.lsp.buf_attach_client(args.buf, id)
      end
    end,
  })
  return group
end

local function start(root)
  local started = vim.lsp.start_client or vim.lsp.start
  local group
  local config = {
    name = 'orchestra',
    cmd = orchestra.options.cmd,
    root_dir = root,
    workspace_folders = { { uri = vim.uri_from_fname(root), name = vim.fn.fnamemodify(root, ':t') } },
    capabilities = capabilities(),
    settings = { orchestra = orchestra.options.settings },
    handlers = {
      ['orchestra/status'] = function(_, status)
        runs.update(status)
      end,
      ['orchestra/event'] = function(_, event)
        runs.announce('OrchestraEvent', event)
      end,
      ['workspace/applyEdit'] = edits.apply,
    },
    on_exit = function()
      clients[root] = nil
      vim.schedule(function()
        runs.clear()
        if group then
          vim.api.nvim_del_augroup_by_id(group)
        end
      end)
    end,
  }
  if vim.fn.executable(config.cmd[1]) == 0 then
    error(("orchestra: cannot find the program '%s'; install it with `pip install codecompanion-orchestra`"):format(config.cmd[1]), 0)
  end
  local id = vim.lsp.start_client and started(config) or started(config, { attach = false })
  if not id then
    error('orchestra: the server could not be started; see :lua vim.cmd.edit(vim.lsp.get_log_path())', 0)
  end
  clients[root] = id
  group = watch_new_buffers(id, root)
  return id
end

--- The root folder for the present buffer, without a slash at its end.
function M.root()
  local root = vim.fn.fnamemodify(orchestra.options.root(vim.api.nvim_get_current_buf()), ':p')
  return (root:gsub('(.)/$', '%1'))
end

--- The running client of the present root, started if need be. Calls `ready(client)` once it can be asked.
function M.with(ready)
  local root = M.root()
  local id = clients[root] or start(root)
  local tries = 0
  local function poll()
    local client = vim.lsp.get_client_by_id(id)
    if not client then
      error('orchestra: the server ended; see the LSP log', 0)
    end
    if client.initialized or client.server_capabilities and next(client.server_capabilities) then
      attach_all(id, root)
      ready(client)
      return
    end
    tries = tries + 1
    if tries > 600 then
      error('orchestra: the server did not answer within 30 seconds; see the LSP log', 0)
    end
    vim.defer_fn(poll, 50)
  end
  poll()
end

--- Send `orchestra.<name>` with one argument object; `done(result)` gets the answer.
function M.execute(name, argument, done)
  M.with(function(client)
    local request = client.request
    local params = { command = 'orchestra.' .. name, arguments = { next(argument) and argument or vim.empty_dict() } }
    local function answered(err, result)
      if err then
        vim.notify('Orchestra: ' .. (err.message or vim.inspect(err)), vim.log.levels.ERROR)
      elseif done then
        done(result)
      end
    end
    if vim.fn.has('nvim-0.11') == 1 then
      request(client, 'workspace/executeCommand', params, answered)
    else
      request('workspace/executeCommand', params, answered)
    end
  end)
end

--- End every server this editor started.
function M.stop_servers()
  for _, id in pairs(clients) do
    vim.lsp.stop_client(id)
  end
end

return M
