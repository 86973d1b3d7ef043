namespace Monitor.Bpf.Btf;

/// <summary>A field of a C# structure as the runtime laid it out.</summary>
/// <param name="Name">Its name; of an automatic property, the property's.</param>
/// <param name="Offset">Bytes from the start of the outermost structure.</param>
/// <param name="Size">Bytes.</param>
/// <param name="ElementSize">Bytes of an element of an array, of the value itself for numbers, 0 where it has fields.</param>
/// <param name="IsSigned">For whole numbers and arrays of them; null for others.</param>
/// <param name="Fields">What a nested structure consists of; empty for numbers and arrays.</param>
internal sealed record ManagedField(
    string Name, int Offset, int Size, int ElementSize, bool? IsSigned, IReadOnlyList<ManagedField> Fields);
