# npe.h as doxygen wants it: comments it reads, and names that become links.
1s,^/\* npe: the,/** @file\n * The,
s,^\( *\)/\* ,\1/** ,
/^ *\(\/\*\*\|\*\)/s/\b\(npe_[a-z_]*[a-z]\|NPE_[A-Z0-9_]*[A-Z0-9]\)\b/#\1/g
