// What the check says, in words: every finding with what it means, and where the figures stand.

import { mark } from "../text/t";

interface Words {
  /** What is wrong, in one line. */
  title: string;
  /** The case, with its facts. */
  text: string;
}

const words = (title: string, text: string): Words => ({ title, text });

/** By code. Facts in braces come from the finding. */
export const FINDINGS: Readonly<Record<string, Words>> = {
  // --- files
  file_missing: words(mark("A file is missing"), mark("The list of files names it, and the package does not hold it.")),
  file_broken: words(mark("A file cannot be read"), mark("Reading stopped: {why}.")),
  file_changed: words(mark("A file was changed"), mark("Its SHA-256 is not the one the list of files names.")),
  rows_other: words(mark("Rows were added or taken out"), mark("The list of files names {wanted} rows; {found} are there.")),
  columns: words(mark("A column is missing"), mark("The row cannot be written as its seal has it: {why}.")),
  cell_bad: words(mark("A cell is no value"), mark("Column {column} holds “{value}”.")),
  // --- the seal
  leaf_gap: words(mark("The one order has a gap"), mark("Place {wanted} was expected, {found} stands there.")),
  leaf_beyond: words(mark("The order is longer than it says"), mark("The list of files names {size} places.")),
  leaf_bad: words(mark("A leaf has no hash"), mark("The order's row carries no SHA-256.")),
  leaf_twice: words(mark("An entry has two places"), mark("Entry {id} stands in the order twice.")),
  leaf_short: words(mark("Entries were cut off"), mark("The list of files names {wanted} places; {found} are there.")),
  order: words(mark("Rows stand out of order"), mark("Posting {id} comes after a later one.")),
  row_without_posting: words(mark("A row belongs to no posting"), mark("It names posting {id}, which is not there.")),
  entry_altered: words(
    mark("An entry was altered after it was sealed"),
    mark("Posting {id} ({kind}), place {place}: its rows no longer give the sealed hash. Look at this row, at row {transfers} of transfer.csv and row {offset} of offset_booked.csv."),
  ),
  act_altered: words(mark("A record of an act was altered after it was sealed"), mark("Act {id} ({act}), place {place}: its row no longer gives the sealed hash.")),
  entry_missing: words(mark("An entry was removed"), mark("Place {place} of the order belongs to entry {id}, which has no row.")),
  entry_no_place: words(mark("An entry was slipped in"), mark("Entry {id} has no place in the one order and does not wait for one.")),
  waits_too_long: words(mark("An entry was kept out of the order"), mark("Entry {id} has waited for its place for more than a day.")),
  root_other: words(mark("The rows give another root"), mark("The list of files names {wanted}; the rows give {found}.")),
  key_bad: words(mark("A key cannot be read"), mark("One of the public keys in the list of files is no key.")),
  unsigned: words(mark("The package is not signed"), mark("It carries no signed checkpoint, so nobody vouches for it.")),
  signature_wrong: words(mark("The signature is wrong"), mark("The checkpoint of “{origin}” was not signed by any of the keys given.")),
  checkpoint_root: words(mark("What was signed is another book"), mark("Signed: {signed} entries, root {wanted}. The rows: {size} entries, root {found}.")),
  checkpoint_other: words(mark("An earlier checkpoint no longer holds"), mark("At {size} entries something else was signed than these rows give.")),
  key_not_named: words(mark("A key nobody named"), mark("Key {key} was not named by a key before it.")),
  recovery: words(mark("The book was cut short after a loss"), mark("The office signed that {lost} entries had been signed and that it went on from {size}. Ask for the report of the loss.")),
  recovery_wrong: words(mark("A declared loss does not hold"), mark("It says that the book went on from {size} entries, of {lost}; its signature or its root is wrong.")),
  // --- balances
  line_moves_nothing: words(mark("A line moves nothing"), mark("Posting {id} has a line without an amount, or from an account to itself.")),
  account_unknown: words(mark("An account is missing"), mark("Account {id} is used and not listed.")),
  commodity_other: words(mark("Yuan and points are mixed"), mark("Account {id} holds {account}, the line moves {line}.")),
  identity: words(mark("Points do not add up"), mark("Points {commodity}: {issued} issued, {found} found in wallets, shops and elsewhere.")),
  balance_other: words(mark("A balance is not the sum of its entries"), mark("Account {kind} of {owner}: the book says {posted}, the entries give {sum}.")),
  balance_bound: words(mark("A balance is below its bound"), mark("Account {kind} of {owner} holds {posted}, of that {held} set aside.")),
  balance_missing: words(mark("A balance is missing"), mark("Account {kind} of {owner} has none.")),
  held_other: words(mark("What is set aside does not fit"), mark("Account {kind} of {owner}: {held} set aside, the open holds give {sum}.")),
  pending_other: words(mark("Points waiting for proof do not fit"), mark("Of {owner}: {left} listed, the entries give {sum}.")),
  offset_twice: words(mark("A receipt was booked twice"), mark("Receipt {ref} stands in the book twice for one shop.")),
  offset_rate: words(mark("An offset does not fit its rate"), mark("Receipt {ref}: {units} units for {fen} fen at {rate} units a fen.")),
  // --- nights
  night_range: words(mark("A night skips entries"), mark("The night of {day} begins at place {found} instead of {wanted}.")),
  claim_batch_missing: words(mark("A claim has no file behind it"), mark("Its batch {batch} is not there.")),
  claim_without_offset: words(mark("A claim without a booking"), mark("Receipt {ref}: {claimed} fen claimed, nothing booked, and no difference says so.")),
  claim_differs: words(mark("Claim and booking differ unsaid"), mark("Receipt {ref}: {claimed} fen claimed, {booked} fen booked, and no difference says so.")),
  claim_again: words(mark("A second claim was passed over"), mark("Receipt {ref} was claimed again, and no difference says so.")),
  offset_lost: words(mark("A booking was neither claimed nor kept waiting"), mark("Receipt {ref}, {fen} fen, night of {day}.")),
  item_other: words(mark("A waiting booking was changed"), mark("Receipt {ref}: {fen} fen waiting, {booked} fen booked.")),
  total_other: words(mark("A night's total is wrong"), mark("Night {run}, shop {claimant}, {column}: {written} written, {found} found.")),
  total_missing: words(mark("A night's total is missing"), mark("Night {run}, shop {claimant}.")),
  settle_other: words(mark("A shop was settled with another sum"), mark("Shop {claimant}: {wanted} fen found due, {found} fen posted (posting {txn}).")),
  decision_other: words(mark("A decision was posted with another sum"), mark("Difference {number}: {wanted} fen decided, {found} fen posted.")),
  offset_account: words(mark("A shop's points do not fit its claims"), mark("Shop {claimant}: {wanted} units should lie there, {found} do.")),
  // --- statements and payouts
  statement_figure: words(mark("A statement's figure is wrong"), mark("Shop {shop}, statement {number}, {column}: {written} written, {found} found.")),
  statement_chain: words(mark("Statements do not follow each other"), mark("Shop {shop}, statement {number} names another one before it.")),
  statement_gap: words(mark("A statement is missing"), mark("Shop {shop}: the numbers jump before {number}.")),
  statement_digest: words(mark("A statement was changed after it was issued"), mark("Shop {shop}, statement {number} of {month}: head and rows no longer give its digest.")),
  payout_missing: words(mark("A payout is missing"), mark("Payout {payout} has steps and no row.")),
  payout_state: words(mark("A payout's state is not that of its last step"), mark("Payout {payout}: {state}, the last step says {last}.")),
  payout_step_gap: words(mark("A step of a payout is missing"), mark("Payout {payout}: the numbers of its steps jump.")),
  payout_amount: words(mark("A payout without an amount"), mark("Payout {payout}: {amount} fen.")),
  payout_posting: words(mark("A payout moved another sum"), mark("Payout {payout}, step “{state}”: {wanted} fen expected, {found} fen posted.")),
  payout_act: words(mark("A step of a payout was never recorded"), mark("Payout {payout}, step “{state}”: the sealed record of acts does not have it.")),
  payout_act_extra: words(mark("A recorded step of a payout is missing"), mark("Payout {payout}: the sealed record of acts has a step more.")),
  payout_amount_sealed: words(mark("A payout's amount was changed"), mark("Payout {payout}: {amount} fen written, {sealed} fen sealed.")),
  payout_statement: words(mark("A payout without a statement"), mark("Statement {statement} is not there.")),
  payout_over: words(mark("A statement was overpaid"), mark("Statement {statement}: {owed} fen owed, {paid} fen paid.")),
  posting_without_payout: words(mark("Yuan left without a payout"), mark("Posting {id} pays a shop, and no payout names it.")),
  // --- rules
  rate_other: words(mark("Another rate was used than the rules say"), mark("Rules {version}: {rate} units a fen, used {used} (row {offset} of offset_booked.csv).")),
  rules_missing: words(mark("The rules behind a posting are missing"), mark("Version “{version}” is not among the rules adopted.")),
  rules_act_missing: words(mark("Rules were changed without a record"), mark("Nobody is on record as having adopted version {version}.")),
  rules_unsealed: words(mark("The rules' text was not sealed"), mark("Version {version} was adopted by an older program that sealed its digest alone.")),
  rules_changed: words(mark("The rules were changed after they were adopted"), mark("Version {version}: the text is not the one that was sealed.")),
  // --- people
  role_self: words(mark("Somebody gave themselves a role"), mark("Staff {staff} gave themselves the role {role}.")),
  role_no_act: words(mark("A role without a grant"), mark("Staff {staff} holds the role {role}; the sealed record of acts has no grant by {by}.")),
  role_no_end: words(mark("A role was taken away without a record"), mark("Staff {staff}, role {role}.")),
  role_row_missing: words(mark("A role that was given is not listed"), mark("The record says {act} for {subject}, role {role}; the list of roles does not have it.")),
  same_person: words(mark("Proposed and approved by one person"), mark("{what}: staff {staff}.")),
  approval_no_act: words(mark("An approval without a record"), mark("{what}: the sealed record of acts does not have the decision of staff {staff}.")),
  decided_without_role: words(mark("Decided without a role for it"), mark("{what}: staff {staff} held no role that decides.")),
  approver_granted_himself: words(mark("The approver had given the role to themselves"), mark("{what}: staff {staff}.")),
  approver_granted_by_proposer: words(mark("The approver got the role from whoever proposed"), mark("{what}: staff {staff} had the role from {by} alone.")),
  decided_for_own: words(mark("Decided about the own household or a relative"), mark("{what}: staff {staff} ({tie}).")),
  credit_to_own: words(mark("Points given to the own household or a relative"), mark("Staff {staff} gave {units} units to {owner} ({tie}), posting {id}.")),
};

/** Words for facts that are codes. */
export const TIES: Readonly<Record<string, string>> = { self: mark("themselves"), household: mark("own household"), kin: mark("declared relative") };

export const STAGES: Readonly<Record<string, string>> = {
  open: mark("Opening the file"),
  tables: mark("Reading the tables"),
  order: mark("Reading the order of entries"),
  journal: mark("Writing every entry anew"),
  acts: mark("Reading the record of acts"),
  seal: mark("Reckoning the root"),
  sums: mark("Adding up balances, claims, statements and payouts"),
  rest: mark("Checking the other files"),
};

export const FAILURES: Readonly<Record<string, string>> = {
  no_zip: mark("This file is no ZIP, or a damaged one. Take the file kit.zip as you were given it."),
  no_export: mark("This ZIP holds no export of a book: there is no manifest.json in it."),
  other_format: mark("This export has a form this page does not know ({detail})."),
  broken: mark("The package is damaged: {detail} cannot be read."),
};

/** Any other failure. */
export const FAILURE = mark("This page failed: {detail}. Nothing was decided about the book.");

export const KINDS: Readonly<Record<string, string>> = {
  wallet: mark("in wallets"),
  pending: mark("waiting for proof"),
  owed: mark("owed by residents"),
  offset: mark("with shops, not yet settled"),
  disputed: mark("in dispute"),
  voucher: mark("in service vouchers"),
  retired: mark("settled with shops"),
  redeemed: mark("spent on goods"),
  expired: mark("expired"),
  forfeited: mark("forfeited"),
  loss: mark("borne by the community"),
  inter: mark("with other communities"),
  issued_consumption: mark("given for purchases"),
  issued_deed: mark("given for deeds"),
  issued_grant: mark("given by hand"),
  bank: mark("paid in and out at the bank"),
  fund: mark("free in the fund"),
  cover: mark("set aside for shops"),
  payable: mark("owed to shops"),
  clearing: mark("on its way to shops"),
  returns: mark("sent back by banks"),
  bank_fee: mark("bank fees"),
};

/** What kinds of posting are; one that is not named here shows its own word. */
export const POSTINGS: Readonly<Record<string, string>> = {
  earn_spending: mark("points for a purchase"),
  earn_deed: mark("points for a deed"),
  grant: mark("points by hand"),
  vest: mark("points confirmed by a payment"),
  unproven: mark("points taken back: no payment"),
  sale: mark("sale with points"),
  refund: mark("refund"),
  redeem: mark("goods for points"),
  return_goods: mark("goods brought back"),
  settle: mark("night's settlement with a shop"),
  adjust: mark("decided difference"),
  fund_in: mark("yuan into the fund"),
  cover: mark("yuan set aside for a shop"),
  uncover: mark("yuan back into the fund"),
  payout: mark("payout sent"),
  paid: mark("payout confirmed"),
  payout_failed: mark("payout failed or sent back"),
  repay: mark("owed points made up"),
  household_move: mark("points moved with people"),
  heirs: mark("points inherited"),
  gift: mark("points given to a household in need"),
  advance: mark("points lent after a loss of the book"),
  reversal: mark("entry taken back"),
};

export const ROLE_NAMES: Readonly<Record<string, string>> = {
  counter_volunteer: mark("volunteer at the counter"),
  grid_worker: mark("grid worker"),
  accountant: mark("accountant"),
  secretary: mark("secretary"),
  committee: mark("committee member"),
  auditor: mark("auditor"),
  admin: mark("administrator"),
};
