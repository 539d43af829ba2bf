//! One photo being edited: stroke → solver → latents → blend; undo; views.
