namespace Monitor.V1;

public sealed partial class StreamEventsRequest : IEventFilterFields;

public sealed partial class ListEventsRequest : IEventFilterFields;

public sealed partial class EventFilter : IEventFilterFields;
