-- What tests look at in an editor: its messages and how its status line changed. Defines `seen` and `said`.
seen = { messages = {}, status = {} }

vim.notify = function(text, level)
  table.insert(seen.messages, { text = text, level = level })
end

-- The first message that contains the words, nil when there is none.
function said(words)
  for _, message in ipairs(seen.messages) do
    if message.text:find(words, 1, true) then
      return message.text
    end
  end
end

-- The buffer of a file of the folder, loaded or not.
function buffer(name)
  return vim.fn.bufnr(vim.fn.getcwd() .. '/' .. name)
end

-- The text of a buffer as a list of lines.
function text_of(name)
  return vim.api.nvim_buf_get_lines(buffer(name), 0, -1, false)
end
