// Events between widgets, by dotted names: `filter.search`, `alarm.demo.load`. Pure: neither document nor network.

/** Whether `name` fits `pattern`, in which `*` stands for one part, and `**` for any number of them, none too. */
export function matches(pattern, name) {
  return fits(pattern.split('.'), name.split('.'));
}

function fits([wanted, ...others], parts) {
  if (wanted === undefined) return parts.length === 0;
  if (wanted === '**') return fits(others, parts) || (parts.length > 0 && fits(['**', ...others], parts.slice(1)));
  return parts.length > 0 && (wanted === '*' || wanted === parts[0]) && fits(others, parts.slice(1));
}

export class Emitter {
  #listeners = []; // {pattern, listener, isOnce}

  /** Calls `listener(payload, name)` for each event whose name fits. Returns a function that undoes it. */
  on(pattern, listener) {
    return this.#add({ pattern, listener, isOnce: false });
  }

  once(pattern, listener) {
    return this.#add({ pattern, listener, isOnce: true });
  }

  off(pattern, listener) {
    this.#listeners = this.#listeners.filter((each) => each.pattern !== pattern || each.listener !== listener);
  }

  /** Tells all listeners at once, in the order in which they came. An error in one is logged and goes no further. */
  emit(name, payload) {
    for (const each of this.#listeners.filter(({ pattern }) => matches(pattern, name))) {
      if (!this.#listeners.includes(each)) continue; // taken away by one before it
      if (each.isOnce) this.#remove(each);
      try {
        each.listener(payload, name);
      } catch (error) {
        console.error(`In a listener to ${each.pattern}:`, error);
      }
    }
  }

  #add(entry) {
    this.#listeners = [...this.#listeners, entry];
    return () => this.#remove(entry);
  }

  #remove(entry) {
    this.#listeners = this.#listeners.filter((each) => each !== entry);
  }
}
