namespace Monitor.V1;

public sealed partial class StreamEventsRequest : IEventFilterFields;

public sealed partial class ListEventsRequest : IEventFilterFields;

public sealed partial class SummarizeConnectionsRequest : IEventFilterFields;

public sealed partial class SummarizePacketDropsRequest : IEventFilterFields;

public sealed partial class ListConnectionsRequest : IEventFilterFields;

public sealed partial class ListPacketDropsRequest : IEventFilterFields;

public sealed partial class ListOpenConnectionsRequest : IEventFilterFields;

public sealed partial class ListFlowsRequest : IEventFilterFields;

public sealed partial class ExportEventsRequest : IEventFilterFields;

public sealed partial class EventFilter : IEventFilterFields;
