--- One server process for each root folder, and the buffers that belong to it.
local edits = require('orchestra.edits')
local messages = require('orchestra.messages')
local orchestra = require('orchestra')
local runs = require('orchestra.runs')

local M = {}
local clients = {} -- root folder -> client id
local START_WITHIN, LOOK_EVERY = 30000, 20 -- milliseconds

local function capabilities()
  local all = vim.lsp.protocol.make_client_capabilities()
  all.experimental = { orchestra = { events = true, status = true } }
  return all
end

--- Whether a buffer is a file beneath a root folder.
local function belongs(bufnr, root)
  local name = vim.api.nvim_buf_get_name(bufnr)
  return vim.api.nvim_buf_is_loaded(bufnr)
    and vim.bo[bufnr].buftype == ''
    and name ~= ''
    and vim.startswith(vim.fn.fnamemodify(name, ':p'), (root:gsub('/$', '')) .. '/')
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

local function handlers()
  return {
    ['orchestra/status'] = function(_, status)
      runs.update(status)
    end,
    ['orchestra/event'] = function(_, event)
      runs.announce('OrchestraEvent', event)
    end,
    ['window/showMessage'] = messages.shown,
    ['workspace/applyEdit'] = edits.apply,
  }
end

local function launch(config)
  if vim.fn.has('nvim-0.11') == 1 then
    return vim.lsp.start(config, { attach = false })
  end
  return vim.lsp.start_client(config)
end

local function start(root)
  local options = orchestra.options
  if vim.fn.executable(options.cmd[1]) == 0 then
    error(
      ("cannot find the program '%s'; install it with `pip install codecompanion-orchestra`, "):format(options.cmd[1])
        .. "or name it by require('orchestra').setup{ cmd = … }",
      0
    )
  end
  local group
  local id = launch({
    name = 'orchestra',
    cmd = options.cmd,
    root_dir = root,
    workspace_folders = { { uri = vim.uri_from_fname(root), name = vim.fn.fnamemodify(root, ':t') } },
    capabilities = capabilities(),
    settings = next(options.settings) and { orchestra = options.settings } or vim.empty_dict(),
    handlers = handlers(),
    on_exit = function(code)
      clients[root] = nil
      vim.schedule(function()
        runs.forget(root)
        if group then
          vim.api.nvim_del_augroup_by_id(group)
        end
        if code ~= 0 then
          messages.fail(('the server ended with exit code %d; its last words are in %s'):format(code, vim.lsp.get_log_path()))
        end
      end)
    end,
  })
  if not id then
    error('the server could not be started; the reason is in ' .. vim.lsp.get_log_path(), 0)
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

--- The URI of the present buffer, nil where it is no file of the root folder.
function M.document()
  return belongs(0, M.root()) and vim.uri_from_bufnr(0) or nil
end

--- The running clients, as root folder -> client.
function M.running()
  return vim.tbl_map(vim.lsp.get_client_by_id, clients)
end

--- Call `ready(client)` with the client of the present root once it can be asked; it is started if need be.
local function with_client(ready)
  local root = M.root()
  local id = clients[root] or start(root)
  local waited = 0
  local function look()
    local client = vim.lsp.get_client_by_id(id)
    if client and client.initialized then
      attach_all(id, root)
      ready(client)
    elseif clients[root] ~= id then
      return -- it ended, which was said already
    elseif waited > START_WITHIN then
      messages.fail('the server did not answer within 30 seconds; see ' .. vim.lsp.get_log_path())
    else
      waited = waited + LOOK_EVERY
      vim.defer_fn(look, LOOK_EVERY)
    end
  end
  look()
end

--- Send a request in the form that this Neovim knows; `answered(err, result)` gets the answer.
local function send(client, method, params, answered)
  if vim.fn.has('nvim-0.11') == 1 then
    client:request(method, params, answered)
  else
    client.request(method, params, answered)
  end
end

--- Send a request; `done(result)` gets the answer, an error becomes a message.
function M.ask(method, params, done)
  with_client(function(client)
    send(client, method, params, function(err, result)
      if err then
        messages.fail(err.message or vim.inspect(err))
      elseif done then
        done(result)
      end
    end)
  end)
end

--- Send `orchestra.<name>` with one argument object, as `ask` does.
function M.execute(name, argument, done)
  local arguments = { next(argument) and argument or vim.empty_dict() }
  M.ask('workspace/executeCommand', { command = 'orchestra.' .. name, arguments = arguments }, done)
end

return M
