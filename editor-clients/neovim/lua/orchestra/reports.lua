--- The answers of status, keys and health as lines for people.
local M = {}

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

return M
