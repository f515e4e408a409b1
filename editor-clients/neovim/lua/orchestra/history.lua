--- The sub-commands about what was done: by whom, for what price, and how to take it back or go on from there.
local client = require('orchestra.client')
local messages = require('orchestra.messages')
local pages = require('orchestra.pages')
local places = require('orchestra.places')
local reports = require('orchestra.reports')
local runs = require('orchestra.runs')

local M = { sub = {} }

--- An undo of a run, of one agent's part, or of an undo: the words may come in any order.
function M.sub.undo(_, text)
  local argument = {}
  for word in text:gmatch('%S+') do
    local is_id = word:match('^run%-') or word:match('^undo%-')
    argument[is_id and 'runId' or 'role'] = word
  end
  client.execute('undoRun', argument)
end

function M.sub.blame(args)
  client.execute('blame', { uri = places.demand(args).uri }, function(result)
    pages.show('blame/' .. result.path, reports.blame(result))
  end)
end

function M.sub.why(args, text)
  local run, task = text:match('^(%S*)%s*(%S*)$')
  local argument = { runId = run, taskId = task ~= '' and task or nil }
  client.execute('routerWhy', run and run ~= '' and argument or places.at_cursor(args), function(result)
    pages.tell('why', result.text)
  end)
end

function M.sub.budget(_, text)
  client.execute('statement', { runId = text ~= '' and text or nil }, function(result)
    pages.tell('budget', result.text)
  end)
end

local about = {}

function about.list()
  client.execute('runsList', {}, function(result)
    runs.remember(result.runs)
    pages.show('runs', reports.runs(result))
  end)
end

function about.show(id)
  client.execute('runsShow', { runId = id }, function(result)
    pages.show('runs/' .. result.runId, reports.story(result))
  end)
end

function about.replay(id, to)
  client.execute('runsReplay', { runId = id, to = to }, function(result)
    pages.show(('runs/%s/%d'):format(result.runId, result.version), reports.moment(result))
  end)
end

function about.fork(id, at)
  client.execute('runsFork', { runId = id, at = at }, function(result)
    messages.info(('%s goes on from event %d of %s, in %s'):format(result.runId, result.version, result.origin, result.folder))
  end)
end

function about.resume(id)
  require('orchestra.commands').sub.resume(nil, id or '')
end

--- The words behind `runs`, in the order in which they are listed.
M.about_runs = { 'list', 'show', 'replay', 'fork', 'resume' }

function M.sub.runs(_, text)
  local words = vim.split(text, '%s+', { trimempty = true })
  local what = table.remove(words, 1) or 'list'
  if not about[what] then
    error((":Orchestra runs takes %s, not '%s'"):format(table.concat(M.about_runs, ', '), what), 0)
  end
  about[what](words[1], words[2])
end

return M
