namespace Monitor.Bpf.Btf;

/// <summary>Goes through a C structure and a C# one side by side and collects what differs.</summary>
internal sealed class RecordComparer(List<string> differences)
{
    /// <param name="c">The C structure.</param>
    /// <param name="managed">The fields of the C# structure.</param>
    /// <param name="cName">What the C structure is called in messages.</param>
    /// <param name="managedName">What the C# structure is called in messages.</param>
    /// <param name="baseBytes">Where the C structure begins inside the record: BTF offsets count from there.</param>
    internal void Compare(
        BtfStruct c, IReadOnlyList<ManagedField> managed, string cName, string managedName, int baseBytes)
    {
        var unmatched = managed.ToList();
        var present = new HashSet<int>();
        foreach (var field in c.Fields)
        {
            var match = unmatched.FindIndex(m => Normalize(m.Name) == Normalize(field.Name));
            if (match >= 0)
            {
                CompareField(field, unmatched[match], cName, managedName, baseBytes);
                unmatched.RemoveAt(match);
                present.Add(field.Alternative);
            }
            else if (field.Alternative == 0 && !IsPadding(field.Name))
            {
                differences.Add(
                    $"{cName}.{field.Name} (offset {field.BitOffset / 8}, {field.Size} bytes) has no field in {managedName}.");
            }
        }

        // Of an unnamed union it is enough to have one alternative.
        foreach (var union in c.Fields.Where(f => f.Alternative != 0 && !present.Contains(f.Alternative))
            .GroupBy(f => f.Alternative))
        {
            differences.Add(
                $"none of {cName}.{string.Join("/", union.Select(f => f.Name))} (offset {union.First().BitOffset / 8}) "
                + $"has a field in {managedName}.");
        }

        foreach (var field in unmatched.Where(f => !IsPadding(f.Name)))
        {
            differences.Add($"{managedName}.{field.Name} (offset {field.Offset}) has no member in {cName}.");
        }
    }

    private void CompareField(BtfField c, ManagedField managed, string cName, string managedName, int baseBytes)
    {
        var path = $"{cName}.{c.Name}";
        if (c.BitFieldSize != 0)
        {
            differences.Add($"{path} is a bit-field, which records must not have.");
            return;
        }

        var offset = (c.BitOffset / 8) + baseBytes;
        if (offset != managed.Offset)
        {
            differences.Add($"{path} is at offset {offset}, {managedName}.{managed.Name} at {managed.Offset}.");
        }

        if (c.Size != managed.Size)
        {
            differences.Add($"{path} has {c.Size} bytes, {managedName}.{managed.Name} has {managed.Size}.");
            return;
        }

        if (c.Struct is { } inner && c.Kind is BtfKind.Struct && managed.Fields.Count > 0)
        {
            Compare(inner, managed.Fields, path, $"{managedName}.{managed.Name}", offset);
        }
        else if (managed.ElementSize is var element and > 0 && c.ElementSize != element)
        {
            differences.Add(
                $"{path} has elements of {c.ElementSize} bytes, {managedName}.{managed.Name} of {element}.");
        }
        else if (managed.IsSigned is { } signed
            && c.ElementSize > 1
            && c.Kind is BtfKind.Int or BtfKind.Array or BtfKind.Enum or BtfKind.Enum64
            && c.Struct is null
            && signed != c.IsSigned)
        {
            differences.Add(
                $"{path} is {Sign(c.IsSigned)}, {managedName}.{managed.Name} is {Sign(signed)}.");
        }
    }

    private static string Sign(bool signed) => signed ? "signed" : "unsigned";

    private static string Normalize(string name) =>
        name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();

    private static bool IsPadding(string name) =>
        Normalize(name) is var n
        && (n.StartsWith("PAD", StringComparison.Ordinal) || n.StartsWith("RESERVED", StringComparison.Ordinal));
}
