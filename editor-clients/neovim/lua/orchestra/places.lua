--- What a command points at: lines of the present file, the file, or nothing.
local client = require('orchestra.client')

local M = {}

local function lines(first, last)
  return { start = { line = first, character = 0 }, ['end'] = { line = last, character = 0 } }
end

--- The argument for the lines, or the file, that a command points at; without a file of the root folder, none.
function M.meant(args)
  local uri = client.document()
  return uri and { uri = uri, range = args.range > 0 and lines(args.line1 - 1, args.line2) or nil } or {}
end

--- The same, but an error where the present buffer is no file of the root folder.
function M.demand(args)
  if not client.document() then
    error(('this buffer is no file in %s; open, or save, the file that is meant'):format(client.root()), 0)
  end
  return M.meant(args)
end

--- The argument for the line of the cursor, or for the lines that the command was given.
function M.at_cursor(args)
  local argument = M.demand(args)
  if not argument.range then
    local line = vim.api.nvim_win_get_cursor(0)[1] - 1
    argument.range = lines(line, line)
  end
  return argument
end

return M
