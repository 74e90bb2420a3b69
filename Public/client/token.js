// Names that nobody else has: keys of what is published, sessions of readers.

/** Of letters, digits and `-`, at most 31. (`crypto.randomUUID()` is for secure contexts only; random numbers are for all.) */
export const randomToken = () => [...crypto.getRandomValues(new Uint32Array(4))].map((number) => number.toString(36)).join('-');
