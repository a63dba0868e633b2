// How the codes of receipts and boards begin: enough to know one when it is scanned, without the cryptography behind it.

/** The code of a receipt or statement, alone or at the end of an address. */
export const PROOF = /JP1\.([A-Z2-7]+)$/;
/** The code of a notice board. */
export const BOARD = /JC1\.([A-Z2-7]+)$/;

/** Whether a scanned text claims to be one of these codes. */
export const isSealCode = (text: string): boolean => PROOF.test(text.trim()) || BOARD.test(text.trim());
