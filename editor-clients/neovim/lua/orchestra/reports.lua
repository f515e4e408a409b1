--- The answers of status, keys and health as lines for people.
local M = {}

--- A text as one line, for a buffer.
local function one_line(text)
  return (text:gsub('%s*[\r\n]+%s*', ' '))
end

--- How every run stands.
function M.status(result)
  if #result.runs == 0 then
    return 'nothing was asked yet; try :Orchestra start <what you want>'
  end
  local lines = {}
  for _, run in ipairs(result.runs) do
    local line = ('%s  %s  %d%%  %s'):format(run.runId, run.phase, run.percent, run.request)
    table.insert(lines, line .. '\n    ' .. (run.summary ~= '' and run.summary or run.text))
  end
  return table.concat(lines, '\n')
end

--- Which providers are set up; never a key.
function M.keys(result)
  local lines = {}
  for _, provider in ipairs(result.providers) do
    local state = provider.configured and ('configured, ' .. provider.checked) or 'not configured'
    local note = provider.note ~= '' and ('; ' .. provider.note) or ''
    table.insert(lines, ('%s: %s%s'):format(provider.provider, state, note))
  end
  return table.concat(lines, '\n')
end

--- Is the server in order.
function M.health(result)
  local lines = {
    ('version %s on Python %s'):format(result.version, result.python),
    ('up for %d seconds, answers within %.1f ms'):format(result.uptimeSeconds, result.loopLagMs),
    ('%d active run(s)'):format(#result.activeRuns),
  }
  for _, problem in ipairs(result.settingsProblems) do
    table.insert(lines, 'setting: ' .. problem)
  end
  return table.concat(lines, '\n')
end

local function pad(cells, width)
  return cells .. (' '):rep(width - #cells)
end

--- Who wrote each line of a file, and what stands behind each edit.
function M.blame(result)
  local agents, width, lines = {}, 1, {}
  for _, one in ipairs(result.origins) do
    agents[one.editId] = ('%s %s'):format(one.runId, one.agent)
  end
  local function who(line)
    return agents[line.by] or (line.by == 'person' and 'you') or '-'
  end
  for _, line in ipairs(result.lines) do
    width = math.max(width, #who(line))
  end
  for _, line in ipairs(result.lines) do
    table.insert(lines, ('%s  %4d| %s'):format(pad(who(line), width), line.line, line.text))
  end
  table.insert(lines, '')
  for _, one in ipairs(result.origins) do
    local model = one.model ~= '' and (' with ' .. one.model) or ''
    table.insert(lines, ('%d line(s): %s%s, run %s: %s'):format(one.lines, one.agent, model, one.runId, one.request))
  end
  if #result.origins == 0 then
    table.insert(lines, 'No line was written by an agent, as far as this folder\'s log knows.')
  end
  return vim.tbl_map(one_line, lines)
end

--- The runs of the folder's log.
function M.runs(result)
  local lines = {}
  for _, run in ipairs(result.runs) do
    local begun = os.date('%Y-%m-%d %H:%M', math.floor(run.startedAt))
    table.insert(lines, one_line(('%s  %s  %-8s  %s'):format(run.runId, begun, run.state, run.title)))
  end
  return #lines > 0 and lines or { 'There is no run in ' .. result.workspace .. ' yet.' }
end

--- What happened in a run, a line an event.
function M.story(result)
  return vim.tbl_map(function(event)
    local at = os.date('%H:%M:%S', math.floor(event.at))
    return one_line(('%4d  %s  %s'):format(event.version, at, event.text))
  end, result.events)
end

--- A run as it was at one of its events.
function M.moment(result)
  local status = result.status
  local lines = {
    ('%s at event %d of %d: %s, %d%%'):format(result.runId, result.version, result.lastVersion, status.phase, status.percent),
    status.text,
  }
  for _, document in ipairs(result.documents) do
    local doubt = #document.problems > 0 and (', not sure: ' .. document.problems[1]) or ''
    table.insert(lines, ('file %s%s%s'):format(document.path, document.exists and '' or ' (not there)', doubt))
  end
  for _, talk in ipairs(result.conversations) do
    for _, turn in ipairs(talk.turns) do
      table.insert(lines, ('%s %s: %s'):format(talk.role, turn.speaker, turn.text))
    end
  end
  return vim.tbl_map(one_line, lines)
end

return M
