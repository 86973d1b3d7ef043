using System.Buffers.Binary;
using Parquet;
using Parquet.Meta;
using Parquet.Schema;

namespace Monitor.Server;

/// <summary>A column of a Parquet file, and its values of one group of rows. Any value may be missing.</summary>
internal abstract class ParquetColumn(DataField column)
{
    public DataField Field => column;

    /// <summary>Adds the row's value.</summary>
    public abstract void Add(in ExportRow row);

    /// <summary>Writes the values to the group, whose next column this is, and forgets them.</summary>
    public abstract Task WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken);

    /// <summary>
    /// Puts right what the library says of the group's values: readers leave out groups by their least and greatest value, and would
    /// miss rows where these are wrong.
    /// </summary>
    public virtual void Correct(Statistics statistics)
    {
    }

    /// <summary>Says nothing of the values.</summary>
    protected static void Clear(Statistics statistics) =>
        statistics.Min = statistics.Max = statistics.MinValue = statistics.MaxValue = null;
}

/// <summary>A column of text.</summary>
internal sealed class ParquetText(string name, Func<ExportRow, string?> read) : ParquetColumn(new DataField<string>(name, true))
{
    private readonly List<string?> _values = [];

    public override void Add(in ExportRow row) => _values.Add(read(row));

    public override async Task WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken)
    {
        // The library counts null as a value, and does not say so.
        await group.WriteAsync(Field, (IReadOnlyCollection<string>)_values);
        _values.Clear();
    }

    // The library compares the characters of UTF-16, and the format is in the order of UTF-8: another one beyond U+FFFF.
    public override void Correct(Statistics statistics) => Clear(statistics);
}

/// <summary>A column of numbers or flags.</summary>
internal class ParquetValue<T>(DataField field, Func<ExportRow, T?> read) : ParquetColumn(field)
    where T : struct
{
    private T?[] _values = new T?[1 << 10];
    private int _count;

    public ParquetValue(string name, Func<ExportRow, T?> read)
        : this(new DataField(name, typeof(T), isNullable: true), read)
    {
    }

    public override void Add(in ExportRow row)
    {
        if (_count == _values.Length)
        {
            Array.Resize(ref _values, _count * 2);
        }

        var value = read(row);
        _values[_count++] = value;
        if (value is { } known)
        {
            Note(known);
        }
    }

    public override async Task WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken)
    {
        await group.WriteAsync<T>(Field, _values.AsMemory(0, _count), cancellationToken: cancellationToken);
        _count = 0;
    }

    /// <summary>A value was added.</summary>
    protected virtual void Note(T value)
    {
    }
}

/// <summary>A column of times, in microseconds: every reader takes these.</summary>
internal sealed class ParquetTime(string name, Func<ExportRow, DateTime?> read)
    : ParquetValue<DateTime>(
        new DateTimeDataField(name, DateTimeFormat.Timestamp, isAdjustedToUTC: true, DateTimeTimeUnit.Micros, isNullable: true), read)
{
    private long? _least;
    private long? _greatest;

    // The library (6.1.0) writes milliseconds there, whatever the unit.
    public override void Correct(Statistics statistics)
    {
        Clear(statistics);
        statistics.MinValue = Bytes(_least);
        statistics.MaxValue = Bytes(_greatest);
        _least = _greatest = null;
    }

    protected override void Note(DateTime value)
    {
        var micros = (value - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        _least = Math.Min(_least ?? micros, micros);
        _greatest = Math.Max(_greatest ?? micros, micros);
    }

    private static byte[]? Bytes(long? value)
    {
        if (value is null)
        {
            return null;
        }

        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value.Value);
        return bytes;
    }
}

/// <summary>A column of JSON, whose texts lie one behind the other.</summary>
internal sealed class ParquetJson(string name, Func<ExportRow, Google.Protobuf.IMessage?> read) : ParquetColumn(new DataField<string>(name, true))
{
    private readonly CharBuffer _text = new();
    private readonly List<(int Start, int Length)?> _ranges = [];

    /// <summary>How much text there is, in characters.</summary>
    public int Length => _text.Length;

    public override void Add(in ExportRow row)
    {
        if (read(row) is not { } message)
        {
            _ranges.Add(null);
            return;
        }

        var start = _text.Length;
        EventJson.Write(message, _text);
        _ranges.Add((start, _text.Length - start));
    }

    public override async Task WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken)
    {
        var text = _text.Written;
        ReadOnlyMemory<char>?[] values = [.. _ranges.Select(range => range is var (start, length) ? text.Slice(start, length) : (ReadOnlyMemory<char>?)null)];
        await group.WriteAsync<ReadOnlyMemory<char>>(Field, values, cancellationToken: cancellationToken);
        _ranges.Clear();
        _text.Clear();
    }

    public override void Correct(Statistics statistics) => Clear(statistics);
}
