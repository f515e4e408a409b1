-- A person with a bare Neovim: opens a file, puts the cursor on a request, takes the first code action, waits.
-- Settings by environment: BARE_SERVER (JSON list), BARE_FILE, BARE_LINE (from 0), BARE_ATTACH, BARE_REPORT.
local seen = { progress = {}, messages = {}, edits = 0 }
local handlers = vim.lsp.handlers

handlers["$/progress"] = function(_, params)
  table.insert(seen.progress, { token = params.token, value = params.value })
end
handlers["window/showMessage"] = function(_, params)
  table.insert(seen.messages, params.message)
end
local apply = handlers["workspace/applyEdit"]
handlers["workspace/applyEdit"] = function(...)
  seen.edits = seen.edits + 1
  return apply(...)
end

vim.cmd("edit " .. vim.env.BARE_FILE)
local root = vim.fn.fnamemodify(vim.env.BARE_FILE, ":p:h")
local id = vim.lsp.start_client({
  cmd = vim.fn.json_decode(vim.env.BARE_SERVER),
  root_dir = root,
  name = "orchestra",
})
vim.lsp.buf_attach_client(0, id)
if vim.env.BARE_ATTACH == "yes" then
  vim.api.nvim_create_autocmd({ "BufReadPost", "BufNewFile" }, {
    callback = function(args)
      vim.lsp.buf_attach_client(args.buf, id)
    end,
  })
end
local client = vim.lsp.get_client_by_id(id)
vim.wait(20000, function()
  return client.initialized
end)

local line = tonumber(vim.env.BARE_LINE)
local place = { line = line, character = 0 }
local answer = client.request_sync("textDocument/codeAction", {
  textDocument = vim.lsp.util.make_text_document_params(0),
  range = { start = place, ["end"] = place },
  context = { diagnostics = {} },
}, 20000, 0)
local action = answer.result[1]
seen.title = action.title
seen.answer = client.request_sync("workspace/executeCommand", {
  command = action.command.command,
  arguments = action.command.arguments,
}, 20000, 0).result

vim.wait(60000, function()
  return #seen.messages > 0
end, 20)

seen.text = vim.api.nvim_buf_get_lines(0, 0, -1, false)
seen.buffers = {}
for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
  local name = vim.api.nvim_buf_get_name(buffer)
  if vim.startswith(name, root) then
    seen.buffers[name:sub(#root + 2)] = { modified = vim.bo[buffer].modified }
  end
end
if vim.env.BARE_ATTACH == "yes" then
  vim.cmd("wall")
end
client.stop()
vim.wait(5000, function()
  return client.is_stopped()
end)
vim.fn.writefile({ vim.fn.json_encode(seen) }, vim.env.BARE_REPORT)
vim.cmd("qa!")
