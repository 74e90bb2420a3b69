// Texts as one segment of a channel's name.

/**
 * All bytes of its UTF-8 but letters, digits, `-` and `_` are percent-encoded: so a dot is `%2E`, and separates no segments.
 * A server's rules write the value of a placeholder, such as `{sub}`, in this way. Throws a URIError for half a character.
 */
export const segment = (text) => encodeURIComponent(text).replace(/[^\w%-]/g, (character) =>
  `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
