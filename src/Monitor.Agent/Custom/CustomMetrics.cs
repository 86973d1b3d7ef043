using System.Buffers.Binary;
using System.Globalization;
using Monitor.Agent.Encoding;
using Monitor.Bpf;
using Monitor.Bpf.Schema;
using Monitor.Protocol;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.Agent.Custom;

/// <summary>Reads the maps that the user's own monitors count in, when somebody asks.</summary>
/// <param name="nodeName">MetricFamily.node_name.</param>
/// <param name="custom">The monitors.</param>
/// <param name="privacy">What labels leave out, as events do. Null: nothing.</param>
internal sealed class CustomMetrics(string nodeName, CustomMonitors custom, EventPrivacy? privacy) : IMetricDirectory
{
    // As the contract says.
    private const int MaxSeries = 1000;

    /// <inheritdoc />
    public Task<GetMonitorMetricsResponse?> ReadAsync(
        string name, IReadOnlyCollection<string> nodes, CancellationToken cancellationToken)
    {
        var entry = custom.Entries.FirstOrDefault(entry => entry.Name == name && entry.Pipeline is not null);
        if (entry?.Definition is not { } definition || (nodes.Count > 0 && !nodes.Contains(nodeName)))
        {
            return Task.FromResult<GetMonitorMetricsResponse?>(null);
        }

        try
        {
            var response = new GetMonitorMetricsResponse();
            response.Metrics.AddRange(definition.Metrics.Select(Read));
            return Task.FromResult<GetMonitorMetricsResponse?>(response);
        }
        catch (Exception failure) when (failure is ObjectDisposedException or InvalidOperationException or BpfException)
        {
            // It was unloaded meanwhile.
            return Task.FromResult<GetMonitorMetricsResponse?>(null);
        }
    }

    private MetricFamily Read((MetricMap Metric, BpfMap Map) source)
    {
        var (metric, map) = source;
        var family = new MetricFamily { Name = metric.Name, NodeName = nodeName, Kind = SchemaMessages.KindOf(metric.Kind) };
        var key = new byte[map.KeySize];
        var value = new byte[map.LookupBytes];
        var isFirst = true;
        // A hash that changes meanwhile may begin anew.
        for (var left = map.MaxEntries; left > 0 && map.TryGetNextKey(isFirst ? [] : key, key); left--)
        {
            isFirst = false;
            if (!map.TryLookupBytes(key, value) || SeriesOf(metric, map, key, value) is not { } series)
            {
                continue;
            }

            if (family.Series.Count < MaxSeries)
            {
                family.Series.Add(series);
            }
            else
            {
                family.MoreSeries++;
            }
        }

        return family;
    }

    // Null where nothing was counted, as in most places of an array.
    private MetricSeries? SeriesOf(MetricMap metric, BpfMap map, byte[] key, byte[] value)
    {
        var series = new MetricSeries();
        if (metric.Kind == MetricKind.Counter)
        {
            series.Count = Sum(value, map, 0);
        }
        else
        {
            for (var slot = 0; slot < (metric.ValueSize - sizeof(ulong)) / sizeof(ulong); slot++)
            {
                var count = Sum(value, map, sizeof(ulong) * (1 + slot));
                if (count > 0)
                {
                    series.Buckets.Add(new MetricBucket { Below = slot < 63 ? 2ul << slot : 0, Count = count });
                    series.Count += count;
                }
            }

            series.Sum = Sum(value, map, 0);
        }

        if (series.Count == 0)
        {
            return null;
        }

        foreach (var field in metric.KeyFields)
        {
            series.Labels[field.Name] = LabelOf(key, field);
        }

        return series;
    }

    // Of all CPUs, each of which has its value behind that of the one before.
    private static ulong Sum(byte[] value, BpfMap map, int offset)
    {
        var sum = 0ul;
        for (var at = offset; at < value.Length; at += (map.ValueSize + 7) & ~7)
        {
            sum += BinaryPrimitives.ReadUInt64LittleEndian(value.AsSpan(at));
        }

        return sum;
    }

    private string LabelOf(byte[] key, RecordField field)
    {
        if (field.IsList)
        {
            return Convert.ToHexStringLower(FieldValues.Bytes(key, field));
        }

        Span<byte> address = stackalloc byte[16];
        switch (field.Kind)
        {
            case FieldKind.Text when field.Name == "command" && privacy is { HidesCommands: true }:
                return "";
            case FieldKind.Text:
                Span<byte> scratch = stackalloc byte[field.Count];
                return System.Text.Encoding.UTF8.GetString(KernelText.Read(FieldValues.Bytes(key, field), scratch));
            case FieldKind.Bytes:
                return Convert.ToHexStringLower(FieldValues.Bytes(key, field));
            case FieldKind.Boolean:
                return FieldValues.Unsigned(key, field) == 0 ? "false" : "true";
            case FieldKind.Ip or FieldKind.Ipv4:
                FieldValues.Address(key, field, 0, address);
                privacy?.Mask(address);
                return IpText.Format(BinaryPrimitives.ReadUInt128BigEndian(address));
            case FieldKind.Port or FieldKind.NetworkPort:
                return FieldValues.Port(key, field, 0).ToString(CultureInfo.InvariantCulture);
            case FieldKind.Signed:
                return FieldValues.Signed(key, field, 0).ToString(CultureInfo.InvariantCulture);
            case FieldKind.ErrorNumber:
                return FieldValues.Signed(key, field, 0) is var number && number == 0 ? "" : Errno.Name((int)Math.Abs(Math.Max(number, -int.MaxValue)));
            default:
                var value = FieldValues.Unsigned(key, field);
                return field.Names?.GetValueOrDefault((long)value) ?? value.ToString(CultureInfo.InvariantCulture);
        }
    }
}
