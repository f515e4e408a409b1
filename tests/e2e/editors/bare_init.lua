-- Neovim as docs/editors.md sets it up without any plugin: the lines are taken from there.
local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')
dofile(here .. '/watching.lua')

vim.lsp.handlers['window/showMessage'] = function(_, params)
  table.insert(seen.messages, { text = params.message, level = params.type })
end

local page = table.concat(vim.fn.readfile(vim.fn.fnamemodify(here, ':h:h:h') .. '/docs/editors.md'), '\n')
local lines = page:match('## Neovim without the plugin.-```lua\n(.-)```')
assert((loadstring or load)(lines))()

-- Whether the server has answered: it is what the current buffer's requests go to.
function ready()
  local attached = vim.lsp.buf_get_clients and vim.lsp.buf_get_clients(0) or vim.lsp.get_clients({ bufnr = 0 })
  local _, client = next(attached)
  return client and client.initialized
end
