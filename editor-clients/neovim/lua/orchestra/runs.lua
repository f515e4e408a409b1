--- What is known of the runs: the newest status of each, and a text for the status line.
local M = {}
local known = {} -- run id -> status
local order = {}
local earlier = {} -- run ids
local ended = { done = true, red = true, failed = true, stopped = true }

--- Tell the user's autocommands; Neovim 0.7 has no room for data in them.
function M.announce(pattern, data)
  local event = { pattern = pattern, modeline = false }
  if vim.fn.has('nvim-0.8') == 1 then
    event.data = data
  end
  vim.api.nvim_exec_autocmds('User', event)
end

--- Take a status from the server.
function M.update(status)
  if not known[status.runId] then
    table.insert(order, status.runId)
  end
  known[status.runId] = status
  vim.cmd('redrawstatus!')
  M.announce('OrchestraStatus', status)
end

--- Forget the runs of a folder: its server has ended.
function M.forget(root)
  order = vim.tbl_filter(function(id)
    return known[id].workspace ~= root
  end, order)
  vim.cmd('redrawstatus!')
end

--- Take note of runs of earlier sessions, for completion alone.
function M.remember(entries)
  earlier = vim.tbl_map(function(entry)
    return entry.runId
  end, entries)
end

--- The ids of all runs that were heard of, each once.
function M.ids()
  local all = vim.list_extend({}, earlier)
  for _, id in ipairs(order) do
    if not vim.tbl_contains(all, id) then
      table.insert(all, id)
    end
  end
  return all
end

--- All known runs, oldest first.
function M.list()
  return vim.tbl_map(function(id)
    return known[id]
  end, order)
end

--- "Orchestra 45% TestWriter: 3 of 5 tests written", or '' when nothing runs.
function M.statusline()
  local running = vim.tbl_filter(function(status)
    return not ended[status.phase]
  end, M.list())
  local last = running[#running]
  if not last then
    return ''
  end
  local more = #running > 1 and (' (+%d)'):format(#running - 1) or ''
  return ('Orchestra %d%%%% %s%s'):format(last.percent, (last.text:gsub('%%', '%%%%')), more)
end

return M
