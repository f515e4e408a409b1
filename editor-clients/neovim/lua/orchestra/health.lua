--- `:checkhealth orchestra`
local M = {}

-- the place of these functions changed with Neovim 0.8, their names with 0.9
local source = vim.health or require('health')
local report = {}
for _, name in ipairs({ 'start', 'ok', 'warn', 'error', 'info' }) do
  report[name] = source[name] or source['report_' .. name]
end

local function check_program(cmd)
  if vim.fn.executable(cmd[1]) == 0 then
    report.error(("the program '%s' is not on the PATH"):format(cmd[1]), {
      'install it with `pip install codecompanion-orchestra`',
      "or name it by require('orchestra').setup{ cmd = … }",
    })
    return
  end
  report.ok('the server is ' .. vim.fn.exepath(cmd[1]))
end

local function check_running()
  local running = require('orchestra.client').running()
  if not next(running) then
    report.info('no server runs yet; the first :Orchestra command starts one')
  end
  for root, client in pairs(running) do
    report.ok(('a server runs for %s (client %d)'):format(root, client.id))
  end
end

function M.check()
  report.start('CodeCompanion Orchestra')
  if vim.fn.has('nvim-0.7') == 0 then
    report.error('Neovim 0.7 or newer is needed')
  end
  check_program(require('orchestra').options.cmd)
  check_running()
end

return M
