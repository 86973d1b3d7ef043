namespace Monitor.Benchmarks.Machine;

/// <summary>What agent and aggregator print when they are up.</summary>
internal static class StartLines
{
    /// <summary>Waits until a server says where it is reached.</summary>
    /// <returns>The base address of REST, and host:port of gRPC.</returns>
    public static async Task<(string HttpUrl, string GrpcTarget)> ReadAsync(ChildProcess process)
    {
        // "REST on http://127.0.0.1:PORT   try: ..." and then "gRPC on 127.0.0.1:PORT   try: ..."
        var http = await process.WaitForLineAsync(line => line.StartsWith("REST on ", StringComparison.Ordinal));
        var grpc = await process.WaitForLineAsync(line => line.StartsWith("gRPC on ", StringComparison.Ordinal));
        return (AddressOf(http), AddressOf(grpc));
    }

    private static string AddressOf(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2];
}
