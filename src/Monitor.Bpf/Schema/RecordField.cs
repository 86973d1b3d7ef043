namespace Monitor.Bpf.Schema;

/// <summary>A field of a record, with members of nested structures taken as its own.</summary>
/// <param name="Name">Its name; of a member of a nested structure <c>outer.inner</c>.</param>
/// <param name="BitOffset">From the start of the record; a multiple of 8 except for bit-fields.</param>
/// <param name="BitSize">Bits of a bit-field; 0 for other fields.</param>
/// <param name="Size">Bytes of an element; of a bit-field, of the type that it is declared with.</param>
/// <param name="Count">Elements of an array, 1 where it is none. Text and bytes have elements of one byte.</param>
/// <param name="Kind">What the bytes mean.</param>
/// <param name="TypeName">Its type as in C, such as <c>char[16]</c>.</param>
/// <param name="Doc">What the author wrote about it with DOC(); empty where nothing.</param>
/// <param name="Names">
/// Of an enumeration, else null: names by the field's bits, read as a number without a sign. Of several names for a value the
/// first.
/// </param>
/// <param name="OfProcess">
/// Whether it is a member of the record's first <c>struct monitor_process</c>, whose names are those of all events.
/// </param>
public sealed record RecordField(
    string Name,
    int BitOffset,
    int BitSize,
    int Size,
    int Count,
    FieldKind Kind,
    string TypeName,
    string Doc,
    IReadOnlyDictionary<long, string>? Names,
    bool OfProcess)
{
    /// <summary>Whether it has several values. Text and bytes are one.</summary>
    public bool IsList => Count > 1 && Kind is not (FieldKind.Text or FieldKind.Bytes);
}
