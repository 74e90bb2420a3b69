// Event ids and cursors: `<epoch>-<position>`, and a cursor is the id of the last event that a reader has had.

/** Whether a reader with this cursor has had all up to `id`. Ids of different epochs cannot be compared. */
export function covers(cursor, id) {
  if (!cursor || !id) return false;
  if (cursor === id) return true;
  return epochOf(cursor) === epochOf(id) && positionOf(cursor) >= positionOf(id);
}

export const epochOf = (id) => id.slice(0, id.lastIndexOf('-'));

export const positionOf = (id) => Number(id.slice(id.lastIndexOf('-') + 1));

/** The cursor that has had least; null if there is none. */
export const smallest = (cursors) => cursors.filter(Boolean).reduce((one, other) => (one === null || covers(one, other) ? other : one), null);
