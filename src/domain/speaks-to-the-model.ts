/** Words by which a message tries to command whoever reads it for us, in the languages that we call in. */
const COMMANDS = [
  /\b(ignore|disregard|forget|override|bypass)\b.{0,40}\b(instructions?|prompts?|rules?|guidelines?|everything above|previous)\b/iu,
  /\b(system|developer) (prompt|message|instructions?)\b/iu,
  /\b(reveal|print|repeat|show)\b.{0,30}\b(prompt|your (instructions|rules))\b/iu,
  /\b(set|change|raise|mark)\b.{0,30}\b(priority|status|sentiment|confidence)\b/iu,
  /\byou are (now )?(an? |the )?(ai|assistant|language model|chatbot)\b/iu,
  /<\/?(transcript|system|assistant|user)\b/iu,
  /\b(ignor[ae]|olvid[ae]|desobedece)\b.{0,40}\b(instrucciones|reglas|anterior(es)?)\b/iu,
  /\b(pon|ponga|cambia|cambie)\b.{0,30}\b(prioridad|estado)\b/iu,
];

/**
 * Whether a transcript seems to speak to the model instead of the driver. It decides nothing: the message is flagged in the history, for
 * whoever wonders about an analysis. What keeps the model's answer harmless is that only texts are taken from it.
 */
export const speaksToTheModel = (transcript: string): boolean => {
  const line = transcript.replace(/\s+/gu, ' ');
  return COMMANDS.some((command) => command.test(line));
};
