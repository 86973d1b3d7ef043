namespace Monitor.Server;

/// <summary>Marks an endpoint beside the rpcs.</summary>
/// <param name="Path">What to ask for, for the list of paths in an error.</param>
internal sealed record PageMetadata(string Path);
