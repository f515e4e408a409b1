--- CodeCompanion Orchestra for Neovim 0.7 to 0.12: a thin client of `orchestra serve`.
local M = {}

--- What a user may set with `require('orchestra').setup{ ... }`.
M.options = {
  --- The program that serves; a list of arguments.
  cmd = { 'orchestra', 'serve' },
  --- The folder the agents work in: a function of the buffer number.
  root = function()
    return vim.fn.getcwd()
  end,
  --- Write files the agents changed, unless you have unsaved changes of your own in them.
  save = true,
  --- Settings for the server, as in `orchestra.*`; never keys.
  settings = {},
}

local function check(options)
  for name, value in pairs(options) do
    local usual = M.options[name]
    if usual == nil then
      local known = vim.tbl_keys(M.options)
      table.sort(known)
      error(("orchestra: unknown option '%s'; known: %s"):format(name, table.concat(known, ', ')), 0)
    end
    if type(value) ~= type(usual) then
      error(("orchestra: the option '%s' is a %s; give a %s"):format(name, type(value), type(usual)), 0)
    end
  end
end

--- Merge the user's options; safe to call more than once. A server that runs already keeps what it was given.
function M.setup(options)
  options = options or {}
  check(options)
  M.options = vim.tbl_extend('force', M.options, options)
end

--- One short text for a status line, to be used as `%{%v:lua…%}`; empty when nothing runs.
function M.statusline()
  return require('orchestra.runs').statusline()
end

return M
