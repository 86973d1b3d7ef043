using Monitor.Agent.Encoding;
using Monitor.Bpf;
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

    private const int MaxErrors = 256, CachedAddresses = 256;

    private readonly byte[] _value = new byte[MaxDetailBytes];
    private readonly byte[] _detail = new byte[MaxDetailBytes];
    private readonly byte[] _list = new byte[MaxDetailBytes];
    private readonly byte[] _scratch = new byte[MaxDetailBytes];
    private readonly byte[] _text = new byte[MaxDetailBytes];
    private readonly FieldPlan[] _fields;
    private readonly FragmentCache? _addresses;
    private readonly byte[]?[] _errors = new byte[]?[MaxErrors];
    private readonly SymbolTexts? _symbols;
    private readonly ulong[] _frames = new ulong[KernelStacks.MaxFrames];

    /// <param name="fields">Those of the detail, in the order of the record.</param>
    /// <exception cref="Loading.MonitorLoadException">A detail of them may become too long.</exception>
    public CustomEncoder(IReadOnlyList<RecordField> fields)
    {
        _fields = [.. fields.Select(field => new FieldPlan(field))];
        var most = _fields.Sum(field => field.MostBytes);
        if (most > MaxDetailBytes)
        {
            var largest = _fields.MaxBy(field => field.MostBytes)!;
            throw new Loading.MonitorLoadException(
                $"the fields of an event may take {most} bytes, and {MaxDetailBytes} are accepted: make fields shorter, "
                + $"{largest.Field.Name} ({largest.MostBytes} bytes) for one");
        }

        if (fields.Any(field => field.Kind is FieldKind.Ip or FieldKind.Ipv4))
        {
            _addresses = new FragmentCache(CachedAddresses, EncodeAddress);
        }

        if (fields.Any(field => field.Kind is FieldKind.KernelSymbol or FieldKind.KernelStack))
        {
            _symbols = new SymbolTexts();
        }
    }

    /// <summary>Where the stacks of records are; set once the object is loaded. Null: none has any.</summary>
    public KernelStacks? Stacks { get; set; }

    /// <summary>Reads the names of the kernel's functions where records have any: a tenth of a second.</summary>
    public void Prepare() => _symbols?.Prepare();

    /// <summary>Appends the detail of a record to the event that has been begun.</summary>
    /// <param name="record">As long as the schema says.</param>
    /// <param name="failed">CustomDetail.failed.</param>
    /// <param name="encoder">Takes it.</param>
    public void Write(ReadOnlySpan<byte> record, bool failed, EventEncoder encoder)
    {
        var detail = new WireWriter(_detail);
        foreach (var plan in _fields)
        {
            if (plan.IsShort)
            {
                WriteShort(record, plan, encoder, ref detail);
            }
            else
            {
                WriteLong(record, plan, encoder, ref detail);
            }
        }

        if (failed)
        {
            detail.Varint(CustomDetail.FailedFieldNumber, 1);
        }

        encoder.AppendDetail(Event.CustomFieldNumber, detail.Written);
    }

    // In place: both lengths are of one byte, and set when they are known.
    private void WriteShort(ReadOnlySpan<byte> record, FieldPlan plan, EventEncoder encoder, ref WireWriter detail)
    {
        var before = detail;
        detail.Fragment(plan.Prefix);
        if (!TryWriteValue(record, plan, encoder, ref detail))
        {
            detail = before;
            return;
        }

        detail.End(before.Length + plan.EntryLengthAt);
        detail.End(before.Length + plan.ValueLengthAt);
    }

    private void WriteLong(ReadOnlySpan<byte> record, FieldPlan plan, EventEncoder encoder, ref WireWriter detail)
    {
        var value = new WireWriter(_value);
        if (TryWriteValue(record, plan, encoder, ref value))
        {
            var length = value.Length;
            detail.BytesHeader(CustomDetail.FieldsFieldNumber, plan.Key.Length + 1 + WireWriter.SizeOf((uint)length) + length);
            detail.Fragment(plan.Key);
            detail.Bytes(FieldPlan.ValueField, value.Written);
        }
    }

    private bool TryWriteValue(ReadOnlySpan<byte> record, FieldPlan plan, EventEncoder encoder, ref WireWriter writer)
    {
        if (plan.Field.Kind == FieldKind.KernelStack)
        {
            return TryWriteStack((int)FieldValues.Signed(record, plan.Field, 0), ref writer);
        }

        if (!plan.Field.IsList)
        {
            return TryWriteElement(record, plan, 0, encoder, ref writer);
        }

        WriteList(record, plan, encoder, ref writer);
        return true;
    }

    private void WriteList(ReadOnlySpan<byte> record, FieldPlan plan, EventEncoder encoder, ref WireWriter writer)
    {
        var list = new WireWriter(_list);
        for (var i = 0; i < plan.Field.Count; i++)
        {
            var element = new WireWriter(_scratch);
            TryWriteElement(record, plan, i, encoder, ref element);
            list.Bytes(CustomList.ValuesFieldNumber, element.Written);
        }

        writer.Bytes(CustomValue.ListFieldNumber, list.Written);
    }

    // False where there is no value.
    private bool TryWriteElement(
        ReadOnlySpan<byte> record, FieldPlan plan, int index, EventEncoder encoder, ref WireWriter writer)
    {
        var field = plan.Field;
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
                WriteName(plan, FieldValues.Unsigned(record, field, index), ref writer);
                break;
            case FieldKind.Text:
                writer.Bytes(CustomValue.TextFieldNumber, KernelText.Read(FieldValues.Bytes(record, field), _text));
                break;
            case FieldKind.Bytes:
                Convert.TryToHexStringLower(FieldValues.Bytes(record, field), _text, out var digits);
                writer.Bytes(CustomValue.TextFieldNumber, _text.AsSpan(0, digits));
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

    private static void WriteName(FieldPlan plan, ulong number, ref WireWriter writer)
    {
        if (plan.Names!.TryGetValue((long)number, out var name))
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

    // Few addresses come again and again, and to format one takes longer than to look it up.
    private void WriteAddress(
        ReadOnlySpan<byte> record, RecordField field, int index, EventEncoder encoder, ref WireWriter writer)
    {
        Span<byte> address = stackalloc byte[16];
        FieldValues.Address(record, field, index, address);
        encoder.Privacy?.Mask(address);
        writer.Fragment(_addresses!.Get(address, out _));
    }

    private static uint EncodeAddress(scoped ReadOnlySpan<byte> address, ref WireWriter writer)
    {
        Span<byte> text = stackalloc byte[IpText.MaxBytes];
        writer.Bytes(CustomValue.TextFieldNumber, text[..IpText.Format(address, text)]);
        return 0;
    }

    private bool TryWriteSymbol(ulong address, ref WireWriter writer)
    {
        if (address == 0)
        {
            return false;
        }

        writer.Bytes(CustomValue.TextFieldNumber, _symbols!.Of(address));
        return true;
    }

    // Negative where the kernel could not take it.
    private bool TryWriteStack(int id, ref WireWriter writer)
    {
        var count = id < 0 || Stacks is null ? 0 : Stacks.Read(id, _frames);
        if (count == 0)
        {
            return false;
        }

        var list = new WireWriter(_list);
        foreach (var frame in _frames.AsSpan(0, Math.Min(count, FieldPlan.MaxFrames)))
        {
            var element = new WireWriter(_scratch);
            element.Bytes(CustomValue.TextFieldNumber, _symbols!.Of(frame));
            list.Bytes(CustomList.ValuesFieldNumber, element.Written);
        }

        writer.Bytes(CustomValue.ListFieldNumber, list.Written);
        return true;
    }

    // The kernel returns errors as negative numbers, programs keep them either way.
    private bool TryWriteError(long number, ref WireWriter writer)
    {
        if (number == 0)
        {
            return false;
        }

        var positive = (int)Math.Min(Math.Abs(Math.Max(number, -int.MaxValue)), int.MaxValue);
        writer.Bytes(
            CustomValue.TextFieldNumber,
            positive < MaxErrors ? _errors[positive] ??= Text.ASCII.GetBytes(Errno.Name(positive)) : Text.ASCII.GetBytes(Errno.Name(positive)));
        return true;
    }
}
