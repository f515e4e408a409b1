-- A person at the keyboard: types, undoes and saves in the current buffer while something else changes it.
-- Defines `type_away`, and `typist` with what was typed and must be there at the end.
typist = { kept = {}, slow = 0, busy = false }

local function marks()
  local found = {}
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
  for mark in text:gmatch('<u%d+>') do
    found[mark] = true
  end
  return found
end

-- Do something and keep account of what it brings and takes away.
local function by_hand(act)
  local before = marks()
  act()
  local after = marks()
  for mark in pairs(before) do
    if not after[mark] then
      typist.kept[mark] = nil
    end
  end
  for mark in pairs(after) do
    if not before[mark] then
      typist.kept[mark] = true
    end
  end
end

local function keys(text)
  return vim.api.nvim_replace_termcodes(text, true, false, true)
end

local count = 0

local function press(text)
  by_hand(function()
    -- `x`: they are typed at once, as if nobody else was there
    vim.api.nvim_feedkeys(keys(text), 'xt', false)
  end)
end

local function anywhere()
  return math.random(vim.api.nvim_buf_line_count(0))
end

local quick = {
  function()
    count = count + 1
    press(anywhere() .. 'Go<u' .. count .. '><Esc>')
  end,
  function()
    count = count + 1
    press(anywhere() .. 'GA <u' .. count .. '><Esc>')
  end,
  function()
    count = count + 1
    press(anywhere() .. 'GI<u' .. count .. '> <Esc>')
  end,
  function()
    press('u')
  end,
  function()
    vim.cmd('silent! write')
  end,
}

-- Key by key, with time between the keys: whatever comes in the middle of a word must not swallow a letter.
local function slowly(left, done)
  if left == 0 then
    vim.api.nvim_input(keys('<Esc>'))
    return vim.defer_fn(done, 30)
  end
  vim.api.nvim_input('Z')
  typist.slow = typist.slow + 1
  vim.defer_fn(function()
    slowly(left - 1, done)
  end, math.random(1, 25))
end

-- Do `times` things, one after the other; `slow` types key by key and undoes nothing.
function type_away(seed, times, slow)
  math.randomseed(seed)
  typist.kept, typist.slow, typist.busy = {}, 0, true
  local function go(left)
    if left == 0 then
      typist.busy = false
      return
    end
    local function next_one()
      vim.defer_fn(function()
        go(left - 1)
      end, math.random(1, 90))
    end
    if slow then
      vim.api.nvim_input(anywhere() .. 'GA')
      vim.defer_fn(function()
        slowly(math.random(2, 8), next_one)
      end, 5)
    else
      quick[math.random(#quick)]()
      next_one()
    end
  end
  go(times)
end
