using Monitor.Agent.Encoding;
using Monitor.Bpf.Schema;
using Monitor.Protocol;
using Monitor.V1;
using Text = System.Text.Encoding;

namespace Monitor.Agent.Custom;

/// <summary>What is known of a field before its first value: an entry of CustomDetail.fields but for the value itself.</summary>
internal sealed class FieldPlan
{
    /// <summary>Of an entry of a protobuf map.</summary>
    public const int KeyField = 1, ValueField = 2;

    /// <summary>Most bytes of a symbol's name, and most frames of a stack.</summary>
    public const int MaxSymbolBytes = 128, MaxFrames = 16;

    /// <summary>Most bytes of the name of an error: libbpf's own are of 22.</summary>
    public const int MaxErrorBytes = 24;

    /// <summary>Tag and length of an entry, of its value, and of the value's content.</summary>
    public const int EntryBytes = 3 * 4;

    // Of a number, with its tag; of seconds and nanoseconds, of which neither is longer.
    private const int NumberBytes = 1 + WireWriter.MaxVarintBytes, TimeBytes = 2 + 2 * NumberBytes;

    private const int ElementBytes = 4;

    // With room to spare: a length of one byte ends at 127.
    private const int MaxShortBytes = 100;

    public FieldPlan(RecordField field)
    {
        Field = field;
        Key = EventEncoder.Fragment((ref writer) => writer.Bytes(KeyField, Text.UTF8.GetBytes(field.Name)));
        Names = field.Names?.ToDictionary(name => name.Key, name => Text.UTF8.GetBytes(name.Value));
        MostBytes = Text.UTF8.GetByteCount(field.Name) + 2 + EntryBytes
            + (field.IsList ? field.Count * (ElementOf(field) + ElementBytes + ElementBytes) : ElementOf(field));
        IsShort = MostBytes <= MaxShortBytes;
        var (entryLengthAt, valueLengthAt) = (0, 0);
        Prefix = EventEncoder.Fragment((ref writer) =>
        {
            entryLengthAt = writer.Begin(CustomDetail.FieldsFieldNumber);
            writer.Fragment(Key);
            valueLengthAt = writer.Begin(ValueField);
        });
        (EntryLengthAt, ValueLengthAt) = (entryLengthAt, valueLengthAt);
    }

    public RecordField Field { get; }

    /// <summary>The entry's key, encoded.</summary>
    public byte[] Key { get; }

    /// <summary>Of an enumeration: its names. Else null.</summary>
    public Dictionary<long, byte[]>? Names { get; }

    /// <summary>Most bytes that an entry takes.</summary>
    public int MostBytes { get; }

    /// <summary>Whether the lengths of the entry and of its value take a byte each.</summary>
    public bool IsShort { get; }

    /// <summary>All that comes before the value of a short entry, with lengths of 0 where the two below say.</summary>
    public byte[] Prefix { get; }

    public int EntryLengthAt { get; }

    public int ValueLengthAt { get; }

    private static int ElementOf(RecordField field) => field.Kind switch
    {
        FieldKind.Text => field.Count,
        FieldKind.Bytes => 2 * field.Count,
        FieldKind.Duration or FieldKind.Time => TimeBytes,
        FieldKind.Ip or FieldKind.Ipv4 => IpText.MaxBytes,
        FieldKind.Enum => Math.Max(field.Names!.Values.Select(Text.UTF8.GetByteCount).DefaultIfEmpty().Max(), 20),
        FieldKind.KernelSymbol => MaxSymbolBytes,
        FieldKind.KernelStack => MaxFrames * (MaxSymbolBytes + ElementBytes + ElementBytes),
        FieldKind.ErrorNumber => MaxErrorBytes,
        _ => NumberBytes,
    };
}
