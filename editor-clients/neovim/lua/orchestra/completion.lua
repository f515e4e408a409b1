--- What may come next on a line of :Orchestra.
local history = require('orchestra.history')
local runs = require('orchestra.runs')

local M = {}
local ROLES = { 'CodeGenerator', 'UIDesigner', 'TestWriter', 'Debugger' }

local function files(lead)
  return vim.fn.getcompletion(lead, 'file')
end

--- By sub-command: what may come next, from the words behind it so far and the beginning of the next one.
local next_word = { review = function(_, lead)
  return files(lead)
end }

function next_word.undo()
  return vim.list_extend(runs.ids(), ROLES)
end

function next_word.runs(words)
  return #words == 0 and history.about_runs or runs.ids()
end

for _, name in ipairs({ 'accept', 'reject' }) do
  next_word[name] = function(words, lead)
    if #words == 0 then
      return { 'file', 'run' }
    end
    return words[1] == 'file' and files(lead) or runs.ids()
  end
end

for _, name in ipairs({ 'budget', 'next', 'pause', 'resume', 'stop', 'why' }) do
  next_word[name] = function(words)
    return #words == 0 and runs.ids() or {}
  end
end

--- The completions of `lead`, which ends the `line`; `names` are those of the sub-commands.
function M.of(names, lead, line)
  local before = (line:match('Orchestra%s+(.*)$') or ''):sub(1, -1 - #lead)
  local words = vim.split(before, '%s+', { trimempty = true })
  local name = table.remove(words, 1)
  local known = name and next_word[name]
  local all = not name and names or known and known(words, lead) or {}
  return vim.tbl_filter(function(one)
    return vim.startswith(one, lead)
  end, all)
end

return M
