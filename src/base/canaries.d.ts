/**
 * True where planted bugs may be switched on, to prove that the checkers see them: in tests and in
 * the simulator. The build sets it to false and so removes every branch that it guards.
 */
declare const __CANARIES__: boolean
