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

-- What the server shows and asks for, beside what Neovim makes of it.
seen.progress, seen.edits = {}, 0
vim.lsp.handlers['$/progress'] = function(_, params)
  table.insert(seen.progress, { token = params.token, kind = params.value.kind })
end
local apply = vim.lsp.handlers['workspace/applyEdit']
vim.lsp.handlers['workspace/applyEdit'] = function(...)
  seen.edits = seen.edits + 1
  return apply(...)
end

-- The names of the folder's files that are in a buffer and not saved.
function unsaved()
  local names, root = {}, vim.fn.getcwd() .. '/'
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    local name = vim.api.nvim_buf_get_name(buffer)
    if vim.bo[buffer].modified and vim.startswith(name, root) then
      table.insert(names, name:sub(#root + 1))
    end
  end
  return names
end
