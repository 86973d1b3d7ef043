using Google.Protobuf;
using Monitor.Events;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.V1;

namespace Monitor.Fuzz.Parsers;

/// <summary>Filters of events: refused with the field, or compiled to one that reads the same from its canonical form.</summary>
internal sealed class FilterCase : ParserCase
{
    private static readonly EventFilter Whole = new()
    {
        Type = { "connection" },
        Pid = { 1, 4242 },
        Command = { "curl" },
        SourceIp = { "10.0.0.0/8", "fd00::/64" },
        DestinationIp = { "192.0.2.1", "::ffff:192.0.2.1" },
        SourcePort = { 443 },
        DestinationPort = { 65535 },
        Protocol = { "TCP", "47" },
        NodeName = { "node-1" },
        K8SNamespace = { "shop" },
        Failed = true,
        Since = new() { Seconds = 1_767_225_600 },
        Until = new() { Seconds = 1_767_225_700, Nanos = 999_999_999 },
    };

    public override string Name => "filters";

    public override int ShortInputs => 20_000;

    public override byte[] Make(Random random)
    {
        var filter = Whole.Clone();
        // Few filters have everything, and one bad field hides what comes behind it.
        foreach (var field in EventFilter.Descriptor.Fields.InFieldNumberOrder().Where(_ => random.Next(2) == 0))
        {
            field.Accessor.Clear(filter);
        }

        return Damage.Of(filter.ToByteArray(), random, most: 3);
    }

    protected override string Parse(byte[] input)
    {
        EventFilter filter;
        try
        {
            filter = EventFilter.Parser.ParseFrom(input);
        }
        catch (InvalidProtocolBufferException)
        {
            return "not a message";
        }

        try
        {
            var plan = EventFilterPlan.Compile(filter);
            var again = EventFilterPlan.Compile(plan.Canonical);
            return again.Canonical.Equals(plan.Canonical)
                ? "compiled"
                : throw new FuzzException("its canonical form has another", filter.ToString(), $"{plan.Canonical} {again.Canonical}");
        }
        catch (FilterException refused) when (refused.Field.Length > 0)
        {
            return "refused";
        }
    }
}
