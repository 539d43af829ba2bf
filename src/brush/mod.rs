//! The brush: dabs and painted layers become a target colour image and a soft weight mask in the network's frame.
