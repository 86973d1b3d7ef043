namespace Monitor.Server;

/// <summary>Marks an endpoint that is no rpc.</summary>
/// <param name="Path">What to ask for, for the list of paths in an error.</param>
internal sealed record PageMetadata(string Path);
