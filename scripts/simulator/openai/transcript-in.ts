const blocks = [/<(\w+)>([\s\S]*?)<\/\1>/g, /```\w*\n?([\s\S]*?)```/g, /"""([\s\S]*?)"""/g];

/**
 * The transcript inside a prompt: the last tagged, fenced or quoted block of it, else what follows a first line that ends in a colon, else all of it.
 */
export const transcriptIn = (prompt: string): string => {
  for (const block of blocks) {
    const inside = [...prompt.matchAll(block)].at(-1)?.at(-1);
    if (inside !== undefined) return inside.trim();
  }
  return prompt
    .replace(/^[^\n:]{0,80}:\s*\n/, '')
    .replace(/^transcript:\s*/i, '')
    .trim();
};
