using System.Globalization;
using System.Numerics;
using System.Text;
using Google.Protobuf.Collections;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>Checks the fields of a filter and writes their canonical form into another.</summary>
internal static class FilterReader
{
    public static (long Since, long Until) Times(EventFilter filter, EventFilter canonical)
    {
        var since = Time("since", filter.Since) ?? long.MinValue;
        var until = Time("until", filter.Until) ?? long.MaxValue;
        if (since > until)
        {
            throw new FilterException(
                "until", Text(filter.Until!), $"must not be earlier than since ({Text(filter.Since!)}).");
        }

        canonical.Since = filter.Since?.Clone();
        canonical.Until = filter.Until?.Clone();
        return (since, until);
    }

    public static RepeatedField<string> Names(string field, RepeatedField<string> values, RepeatedField<string> canonical)
    {
        CheckCount(field, values.Count);
        foreach (var value in values)
        {
            if (value.Length == 0)
            {
                throw new FilterException(field, value, "must not be empty. Leave the field out to match everything.");
            }

            if (value.Length > ContractLimits.MaxFilterTextBytes
                || Encoding.UTF8.GetByteCount(value) > ContractLimits.MaxFilterTextBytes)
            {
                throw new FilterException(
                    field, value, $"must be at most {ContractLimits.MaxFilterTextBytes} bytes of UTF-8.");
            }
        }

        canonical.AddRange(values.Distinct());
        return canonical;
    }

    public static RepeatedField<T> Numbers<T>(string field, RepeatedField<T> values, RepeatedField<T> canonical, T highest)
        where T : IBinaryInteger<T>
    {
        CheckCount(field, values.Count);
        foreach (var value in values)
        {
            if (value > highest)
            {
                throw new FilterException(
                    field, value.ToString(null, CultureInfo.InvariantCulture), $"must be 0 to {highest}.");
            }
        }

        canonical.AddRange(values.Distinct());
        return canonical;
    }

    public static List<AddressBlock> Addresses(
        string field, RepeatedField<string> values, RepeatedField<string> canonical)
    {
        CheckCount(field, values.Count);
        var blocks = new List<AddressBlock>(values.Count);
        foreach (var value in values)
        {
            if (!AddressBlock.TryParse(value, out var block))
            {
                throw new FilterException(field, value, AddressBlock.Accepted);
            }

            blocks.Add(block);
        }

        canonical.AddRange(blocks.Select(block => block.ToString()).Distinct());
        return blocks;
    }

    public static List<int> Protocols(EventFilter filter, EventFilter canonical)
    {
        CheckCount("protocol", filter.Protocol.Count);
        var numbers = new List<int>(filter.Protocol.Count);
        foreach (var value in filter.Protocol)
        {
            if (!IpProtocols.TryParse(value, out var number))
            {
                throw new FilterException(
                    "protocol",
                    value,
                    $"must be a number from 0 to {IpProtocols.MaxNumber} or one of {string.Join(", ", IpProtocols.All)}.");
            }

            numbers.Add(number);
        }

        numbers = [.. numbers.Distinct()];
        canonical.Protocol.AddRange(numbers.Select(IpProtocols.Name));
        return numbers;
    }

    private static long? Time(string field, Google.Protobuf.WellKnownTypes.Timestamp? time)
    {
        if (time is null)
        {
            return null;
        }

        return UnixNanos.From(time) ?? throw new FilterException(
            field,
            string.Create(CultureInfo.InvariantCulture, $"{time.Seconds} s {time.Nanos} ns"),
            "must be a time of the years 1 to 9999 with 0 to 999999999 nanoseconds.");
    }

    private static string Text(Google.Protobuf.WellKnownTypes.Timestamp time) => time.ToString().Trim('"');

    private static void CheckCount(string field, int count)
    {
        if (count > ContractLimits.MaxFilterValues)
        {
            throw new FilterException(
                field,
                string.Create(CultureInfo.InvariantCulture, $"{count} values"),
                $"must be at most {ContractLimits.MaxFilterValues} values.");
        }
    }
}
