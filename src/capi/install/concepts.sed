# docs/concepts.md as doxygen wants it: names of the interface become links, links to the other pages plain words.
s/\[\([^]]*\)\](\(\.\.\/\|[a-z-]*\.md\)[^)]*)/\1/g
s/`\(npe_[a-z_]*\|NPE_[A-Z_]*\)`/\\ref \1 "\1"/g
