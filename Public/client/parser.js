// Event streams as text (WHATWG HTML 9.2.6). The names are those of the standard.

/** A function that takes the text of a stream, cut anywhere, and calls `dispatch({id, type, data})` at the end of each block. */
export function eventStreamParser(dispatch) {
  let rest = '';
  let lastEventId = ''; // stays until a block has another. What a block says counts when it has ended, whatever the order of its fields
  let block = newBlock();

  function read(line) {
    if (line === '') return end();
    const [, field, value] = /^([^:]*):? ?([^]*)$/.exec(line);
    if (field === 'event') block.type = value;
    else if (field === 'data') block.data.push(value);
    else if (field === 'id' && !value.includes('\0')) block.id = value;
    else if (field === 'retry' && /^[0-9]+$/.test(value)) dispatch({ retry: value });
  }

  function end() {
    const { type, data, id = lastEventId } = block;
    lastEventId = id;
    block = newBlock();
    if (data.length > 0) dispatch({ id, type, data: data.join('\n') });
  }

  return (text) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?=[^])/); // a CR at the very end may be half of a CRLF
    rest = lines.pop();
    lines.forEach(read);
  };
}

const newBlock = () => ({ type: 'message', data: [], id: undefined });
