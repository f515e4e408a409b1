-- A user's init file with nothing in it but the plugin.
local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')
dofile(here .. '/watching.lua')
vim.opt.runtimepath:prepend(vim.fn.fnamemodify(here, ':h:h:h') .. '/editor-clients/neovim')
require('orchestra').setup({ cmd = vim.fn.json_decode(vim.env.SERVER) })
vim.o.statusline = "%f %{%v:lua.require'orchestra'.statusline()%}"
vim.api.nvim_create_autocmd('User', {
  pattern = 'OrchestraStatus',
  callback = function()
    local line = vim.api.nvim_eval_statusline(vim.o.statusline, {}).str
    table.insert(seen.status, line)
  end,
})
