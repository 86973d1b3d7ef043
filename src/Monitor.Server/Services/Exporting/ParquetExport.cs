using System.Globalization;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using Monitor.V1;
using Parquet;
using Parquet.Meta;
using Parquet.Schema;

namespace Monitor.Server;

/// <summary>
/// A file of Apache Parquet with a row for each event and one for each loss. A group of rows is in memory until it is full, and
/// then written column by column.
/// </summary>
internal sealed class ParquetExport : IExportWriter
{
    // With these an export holds 35 to 55 MB. Smaller groups make the end of the file longer, which says where each column of each
    // group is and is kept until then: 4 MB for a million events with these. 7 Mi characters of JSON fit in the 8 Mi that the
    // buffer comes to by doubling.
    private const int MaxRows = 16 << 10;
    private const int MaxChars = 7 << 20;

    private readonly ParquetWriter _writer;
    private readonly Stream _output;
    private readonly IReadOnlyList<ParquetColumn> _columns;
    private readonly ParquetJson _json;
    private readonly Dictionary<string, string> _metadata;
    private int _rows;
    private long _events;
    private long _losses;

    private ParquetExport(ParquetWriter writer, Stream output, IReadOnlyList<ParquetColumn> columns, Dictionary<string, string> metadata)
    {
        _writer = writer;
        _output = output;
        _columns = columns;
        _json = (ParquetJson)columns[^1];
        _metadata = metadata;
    }

    /// <summary>Begins a file.</summary>
    /// <param name="output">Where to; stays open.</param>
    /// <param name="plan">What is exported, for the file's metadata.</param>
    /// <param name="options">By whom, for the same.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<ParquetExport> CreateAsync(
        Stream output, ExportPlan plan, MonitorServerOptions options, CancellationToken cancellationToken)
    {
        var columns = ParquetColumns.Create();
        var writer = await ParquetWriter.CreateAsync(
            new ParquetSchema(columns.Select(column => column.Field)),
            output,
            new ParquetOptions
            {
                CompressionMethod = CompressionMethod.Zstd,
                CompressionLevel = CompressionLevel.Fastest,
                // What the library keeps for the next file. There may be none for days.
                MaximumSmallPoolFreeBytes = 1 << 20,
                MaximumLargePoolFreeBytes = 1 << 20,
            },
            cancellationToken: cancellationToken);
        return new ParquetExport(writer, output, columns, new()
        {
            ["monitor.component"] = options.Component,
            ["monitor.node_name"] = options.NodeName,
            ["monitor.version"] = options.Version,
            ["monitor.filter"] = EventJson.Of(plan.Cursor.Filter),
            ["monitor.request_time"] = plan.RequestTime.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        });
    }

    public void Add(Event added)
    {
        _events++;
        Add(ExportRow.Of(added));
    }

    public void Add(Loss loss)
    {
        _losses++;
        Add(ExportRow.Of(loss));
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_rows >= MaxRows || _json.Length >= MaxChars)
        {
            await WriteGroupAsync(cancellationToken);
        }
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_rows > 0)
        {
            await WriteGroupAsync(cancellationToken);
        }

        _metadata["monitor.events"] = _events.ToString(CultureInfo.InvariantCulture);
        _metadata["monitor.losses"] = _losses.ToString(CultureInfo.InvariantCulture);
        _writer.CustomMetadata = _metadata;
        // This alone writes the end of the file, so a writer that is not completed must not be disposed of.
        await _writer.DisposeAsync();
        await _output.FlushAsync(cancellationToken);
    }

    private void Add(in ExportRow row)
    {
        foreach (var column in _columns)
        {
            column.Add(row);
        }

        _rows++;
    }

    private async Task WriteGroupAsync(CancellationToken cancellationToken)
    {
        using var group = _writer.CreateRowGroup();
        foreach (var column in _columns)
        {
            await column.WriteAsync(group, cancellationToken);
        }

        group.CompleteValidate();
        foreach (var (column, chunk) in _columns.Zip(MetadataOf(group).Columns))
        {
            if (chunk.MetaData?.Statistics is { } statistics)
            {
                column.Correct(statistics);
            }
        }

        _rows = 0;
    }

    // What the end of the file will say of the group. The library has no other way to it.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_owGroup")]
    private static extern ref RowGroup MetadataOf(ParquetRowGroupWriter group);
}
