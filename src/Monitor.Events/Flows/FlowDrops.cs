namespace Monitor.Events;

/// <summary>
/// Finds the flows of dropped packets. Most drops have no process, and none says which end had opened the connection; so they
/// belong to the flow whose connections have their addresses and port, where that is one.
/// </summary>
internal sealed class FlowDrops
{
    // 100 bytes for each.
    private const int MaxRoutes = 1 << 16;
    private const int MaxDrops = 1 << 16;

    private readonly Dictionary<Route, (FlowSums One, FlowSums? Two, bool IsAmbiguous)> _routes = [];
    private readonly Dictionary<Packet, (long Count, long First, long Last)> _drops = [];

    /// <summary>Drops that there was no room for.</summary>
    public long Forgotten { get; private set; }

    /// <summary>A connection of a flow has these addresses and this port.</summary>
    public void NoteRoute(in EventColumns columns, FlowSums flow)
    {
        var route = new Route(columns.Source ?? 0, columns.Destination ?? 0, columns.DestinationPortValue, columns.ProtocolCode);
        if (!_routes.TryGetValue(route, out var known))
        {
            if (_routes.Count < MaxRoutes)
            {
                _routes.Add(route, (flow, null, false));
            }

            return;
        }

        // Each end of a connection may name its flow in its own way.
        if (known.One != flow && known.Two != flow)
        {
            _routes[route] = known.Two is null ? (known.One, flow, false) : (known.One, known.Two, true);
        }
    }

    public void AddDrop(in EventColumns columns)
    {
        var packet = new Packet(
            columns.Source ?? 0, columns.Destination ?? 0, columns.SourcePortValue, columns.DestinationPortValue, columns.ProtocolCode);
        if (_drops.TryGetValue(packet, out var known))
        {
            _drops[packet] = (known.Count + 1, Math.Min(known.First, columns.Time), Math.Max(known.Last, columns.Time));
        }
        else if (_drops.Count < MaxDrops)
        {
            _drops.Add(packet, (1, columns.Time, columns.Time));
        }
        else
        {
            Forgotten++;
        }
    }

    /// <summary>Adds the drops to the flows.</summary>
    /// <param name="final">What became of a flow.</param>
    /// <returns>How many belong to none.</returns>
    public long Settle(Func<FlowSums, FlowSums> final)
    {
        var others = Forgotten;
        foreach (var (packet, drops) in _drops)
        {
            var flow = FlowOf(new Route(packet.Source, packet.Destination, packet.DestinationPort, packet.Protocol), final)
                ?? FlowOf(new Route(packet.Destination, packet.Source, packet.SourcePort, packet.Protocol), final);
            if (flow is null)
            {
                others += drops.Count;
                continue;
            }

            flow.Drops += drops.Count;
            flow.NoteTime(drops.First);
            flow.NoteTime(drops.Last);
        }

        return others;
    }

    private FlowSums? FlowOf(in Route route, Func<FlowSums, FlowSums> final)
    {
        if (!_routes.TryGetValue(route, out var known) || known.IsAmbiguous)
        {
            return null;
        }

        var flow = final(known.One);
        return known.Two is null || final(known.Two) == flow ? flow : null;
    }

    private readonly record struct Route(UInt128 Source, UInt128 Destination, ushort Port, byte Protocol);

    private readonly record struct Packet(
        UInt128 Source, UInt128 Destination, ushort SourcePort, ushort DestinationPort, byte Protocol);
}
