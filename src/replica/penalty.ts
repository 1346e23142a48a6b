/** Score that a message costs its sender which no correct peer sends. */
export const FAULT_POINTS = 10
