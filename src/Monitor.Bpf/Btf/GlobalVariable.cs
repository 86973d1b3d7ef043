namespace Monitor.Bpf.Btf;

/// <summary>Where a global variable lies.</summary>
/// <param name="Name">Its name in C.</param>
/// <param name="Section">ELF section, such as .rodata.</param>
/// <param name="Offset">Bytes from the section's start.</param>
/// <param name="Size">Bytes.</param>
internal readonly record struct GlobalVariable(string Name, string Section, int Offset, int Size);
