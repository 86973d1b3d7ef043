using System.Globalization;
using Monitor.Agent.Encoding;
using Monitor.Bpf;
using Monitor.Bpf.Kernel;
using Monitor.Bpf.Schema;
using Monitor.Protocol;
using Monitor.V1;
using Text = System.Text.Encoding;

namespace Monitor.Agent.Custom;

/// <summary>
/// Writes records as details of events, by their schema alone. One thread; no allocation but for symbols and stacks that were
/// not seen before.
/// </summary>
internal sealed class CustomEncoder
{
    /// <summary>A detail is never longer: <see cref="EventEncoder.MaxEventBytes"/> has room for it beside all common fields.</summary>
    public const int MaxDetailBytes = 6 << 10;

    // Tag and length of an entry, of its value, and of the value's content.
    private const int EntryBytes = 3 * 4;

    // Of a number, with its tag; of seconds and nanoseconds, of which neither is longer.
    private const int NumberBytes = 1 + WireWriter.MaxVarintBytes, TimeBytes = 2 + 2 * NumberBytes;

    private const int ElementBytes = 4;
    private const int MaxSymbolBytes = 128, MaxFrames = 16, MaxSymbols = 4096, MaxErrorBytes = 16;
    private const int KeyField = 1, ValueField = 2;

    private readonly byte[] _value = new byte[MaxDetailBytes];
    private readonly byte[] _detail = new byte[MaxDetailBytes];
    private readonly byte[] _element = new byte[MaxDetailBytes];
    private readonly (RecordField Field, byte[] Key)[] _fields;
    private readonly Dictionary<RecordField, Dictionary<long, byte[]>> _names = [];
    private readonly Dictionary<ulong, byte[]> _symbolTexts = [];
    private readonly KernelSymbols? _symbols;
    private readonly ulong[] _frames = new ulong[KernelStacks.MaxFrames];

    /// <param name="fields">Those of the detail, in the order of the record.</param>
    /// <exception cref="Loading.MonitorLoadException">A detail of them may become too long.</exception>
    public CustomEncoder(IReadOnlyList<RecordField> fields)
    {
        var most = fields.Sum(MostBytes);
        if (most > MaxDetailBytes)
        {
            var largest = fields.MaxBy(MostBytes)!;
            throw new Loading.MonitorLoadException(
                $"the fields of an event may take {most} bytes, and {MaxDetailBytes} are accepted: make fields shorter, "
                + $"{largest.Name} ({MostBytes(largest)} bytes) for one");
        }

        _fields = [.. fields.Select(field => (field, KeyOf(field.Name)))];
        foreach (var field in fields.Where(field => field.Names is not null))
        {
            _names[field] = field.Names!.ToDictionary(name => name.Key, name => Text.UTF8.GetBytes(name.Value));
        }

        if (fields.Any(field => field.Kind is FieldKind.KernelSymbol or FieldKind.KernelStack))
        {
            _symbols = new KernelSymbols();
        }
    }

    /// <summary>Where the stacks of records are; set once the object is loaded. Null: none has any.</summary>
    public KernelStacks? Stacks { get; set; }

    /// <summary>Reads the names of the kernel's functions where records have any: a tenth of a second.</summary>
    public void Prepare() => _ = _symbols?.IsAvailable;

    /// <summary>Appends the detail of a record to the event that has been begun.</summary>
    /// <param name="record">As long as the schema says.</param>
    /// <param name="failed">CustomDetail.failed.</param>
    /// <param name="encoder">Takes it.</param>
    public void Write(ReadOnlySpan<byte> record, bool failed, EventEncoder encoder)
    {
        var detail = new WireWriter(_detail);
        foreach (var (field, key) in _fields)
        {
            var value = new WireWriter(_value);
            if (!TryWriteValue(record, field, encoder, ref value))
            {
                continue;
            }

            var length = value.Length;
            detail.BytesHeader(CustomDetail.FieldsFieldNumber, key.Length + 1 + WireWriter.SizeOf((uint)length) + length);
            detail.Fragment(key);
            detail.Bytes(ValueField, value.Written);
        }

        if (failed)
        {
            detail.Varint(CustomDetail.FailedFieldNumber, 1);
        }

        encoder.AppendDetail(Event.CustomFieldNumber, detail.Written);
    }

    private bool TryWriteValue(ReadOnlySpan<byte> record, RecordField field, EventEncoder encoder, ref WireWriter writer)
    {
        if (field.Kind == FieldKind.KernelStack)
        {
            return TryWriteStack((int)FieldValues.Signed(record, field, 0), ref writer);
        }

        if (!field.IsList)
        {
            return TryWriteElement(record, field, 0, encoder, ref writer);
        }

        var list = new WireWriter(_element);
        Span<byte> scratch = stackalloc byte[256];
        for (var i = 0; i < field.Count; i++)
        {
            var element = new WireWriter(scratch);
            TryWriteElement(record, field, i, encoder, ref element);
            list.Bytes(CustomList.ValuesFieldNumber, element.Written);
        }

        writer.Bytes(CustomValue.ListFieldNumber, list.Written);
        return true;
    }

    // False where there is no value.
    private bool TryWriteElement(
        ReadOnlySpan<byte> record, RecordField field, int index, EventEncoder encoder, ref WireWriter writer)
    {
        switch (field.Kind)
        {
            case FieldKind.Signed:
                writer.Varint(CustomValue.IntegerFieldNumber, (ulong)FieldValues.Signed(record, field, index));
                break;
            case FieldKind.Unsigned:
                writer.Varint(CustomValue.NumberFieldNumber, FieldValues.Unsigned(record, field, index));
                break;
            case FieldKind.Port or FieldKind.NetworkPort:
                writer.Varint(CustomValue.NumberFieldNumber, FieldValues.Port(record, field, index));
                break;
            case FieldKind.Boolean:
                writer.Varint(CustomValue.FlagFieldNumber, FieldValues.Unsigned(record, field, index) == 0 ? 0u : 1u);
                break;
            case FieldKind.Enum:
                WriteName(field, FieldValues.Unsigned(record, field, index), ref writer);
                break;
            case FieldKind.Text:
                Span<byte> text = stackalloc byte[field.Count];
                writer.Bytes(CustomValue.TextFieldNumber, KernelText.Read(FieldValues.Bytes(record, field), text));
                break;
            case FieldKind.Bytes:
                Span<byte> digits = stackalloc byte[2 * field.Count];
                Convert.TryToHexStringLower(FieldValues.Bytes(record, field), digits, out _);
                writer.Bytes(CustomValue.TextFieldNumber, digits);
                break;
            case FieldKind.Duration:
                WriteSeconds(CustomValue.DurationFieldNumber, FieldValues.Unsigned(record, field, index), ref writer);
                break;
            case FieldKind.Time:
                return TryWriteTime(FieldValues.Unsigned(record, field, index), encoder, ref writer);
            case FieldKind.Ip or FieldKind.Ipv4:
                WriteAddress(record, field, index, encoder, ref writer);
                break;
            case FieldKind.KernelSymbol:
                return TryWriteSymbol(FieldValues.Unsigned(record, field, index), ref writer);
            case FieldKind.ErrorNumber:
                return TryWriteError(FieldValues.Signed(record, field, index), ref writer);
        }

        return true;
    }

    private void WriteName(RecordField field, ulong number, ref WireWriter writer)
    {
        if (_names[field].TryGetValue((long)number, out var name))
        {
            writer.Bytes(CustomValue.TextFieldNumber, name);
            return;
        }

        Span<byte> digits = stackalloc byte[20];
        var text = new WireWriter(digits);
        text.Digits(number);
        writer.Bytes(CustomValue.TextFieldNumber, text.Written);
    }

    private static void WriteSeconds(int field, ulong nanos, ref WireWriter writer)
    {
        var begin = writer.Begin(field);
        writer.Varint(1, nanos / 1_000_000_000);
        writer.Varint(2, nanos % 1_000_000_000);
        writer.End(begin);
    }

    // A moment of 0 is none, as of something that has not happened.
    private static bool TryWriteTime(ulong bootNanos, EventEncoder encoder, ref WireWriter writer)
    {
        if (bootNanos == 0 || encoder.ToUnixNanos(bootNanos) is not (>= 0 and var nanos))
        {
            return false;
        }

        writer.SecondsAndNanos(CustomValue.TimeFieldNumber, nanos);
        return true;
    }

    private static void WriteAddress(
        ReadOnlySpan<byte> record, RecordField field, int index, EventEncoder encoder, ref WireWriter writer)
    {
        Span<byte> address = stackalloc byte[16], text = stackalloc byte[IpText.MaxBytes];
        FieldValues.Address(record, field, index, address);
        encoder.Privacy?.Mask(address);
        writer.Bytes(CustomValue.TextFieldNumber, text[..IpText.Format(address, text)]);
    }

    private bool TryWriteSymbol(ulong address, ref WireWriter writer)
    {
        if (address == 0)
        {
            return false;
        }

        writer.Bytes(CustomValue.TextFieldNumber, SymbolText(address));
        return true;
    }

    private byte[] SymbolText(ulong address)
    {
        if (_symbolTexts.TryGetValue(address, out var known))
        {
            return known;
        }

        var text = _symbols!.Resolve(address) ?? string.Create(CultureInfo.InvariantCulture, $"0x{address:x}");
        var bytes = Text.UTF8.GetBytes(text.Length <= MaxSymbolBytes ? text : text[..MaxSymbolBytes]);
        if (_symbolTexts.Count < MaxSymbols)
        {
            _symbolTexts[address] = bytes;
        }

        return bytes;
    }

    // Negative where the kernel could not take it.
    private bool TryWriteStack(int id, ref WireWriter writer)
    {
        var count = id < 0 || Stacks is null ? 0 : Stacks.Read(id, _frames);
        if (count == 0)
        {
            return false;
        }

        var list = new WireWriter(_element);
        Span<byte> scratch = stackalloc byte[MaxSymbolBytes + EntryBytes];
        foreach (var frame in _frames.AsSpan(0, Math.Min(count, MaxFrames)))
        {
            var element = new WireWriter(scratch);
            element.Bytes(CustomValue.TextFieldNumber, SymbolText(frame));
            list.Bytes(CustomList.ValuesFieldNumber, element.Written);
        }

        writer.Bytes(CustomValue.ListFieldNumber, list.Written);
        return true;
    }

    // The kernel returns errors as negative numbers, programs keep them either way.
    private static bool TryWriteError(long number, ref WireWriter writer)
    {
        if (number == 0)
        {
            return false;
        }

        Span<byte> text = stackalloc byte[MaxErrorBytes + 8];
        var name = Errno.Name((int)Math.Clamp(Math.Abs(Math.Max(number, -int.MaxValue)), 0, int.MaxValue));
        var length = Text.ASCII.GetBytes(name, text);
        writer.Bytes(CustomValue.TextFieldNumber, text[..length]);
        return true;
    }

    private static byte[] KeyOf(string name) =>
        EventEncoder.Fragment((ref writer) => writer.Bytes(KeyField, Text.UTF8.GetBytes(name)));

    private static int MostBytes(RecordField field)
    {
        var element = field.Kind switch
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
        return Text.UTF8.GetByteCount(field.Name) + 2 + EntryBytes
            + (field.IsList ? field.Count * (element + ElementBytes + ElementBytes) : element);
    }
}
