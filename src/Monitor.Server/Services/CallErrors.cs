using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Monitor.Events;

namespace Monitor.Server;

/// <summary>The errors that calls end with, for both gRPC and REST.</summary>
internal static class CallErrors
{
    // Where every gRPC library looks for google.rpc.Status; see google/rpc/status.proto.
    private const string DetailsTrailer = "grpc-status-details-bin";

    /// <summary>A field of the request is bad: INVALID_ARGUMENT, with BadRequest details that name the field.</summary>
    /// <param name="field">The field as clients know it.</param>
    /// <param name="message">The field, its value, and what is accepted.</param>
    public static RpcException InvalidField(string field, string message) =>
        Rejected(StatusCode.InvalidArgument, field, message);

    /// <summary>As <see cref="InvalidField(string, string)"/>.</summary>
    public static RpcException InvalidField(FilterException failure) => InvalidField(failure.Field, failure.Message);

    /// <summary>What a field asks for has left the log.</summary>
    public static RpcException OutOfRange(string field, string message) =>
        Rejected(StatusCode.OutOfRange, field, message);

    /// <summary>What a field names is not there.</summary>
    public static RpcException NotFound(string field, string message) => Rejected(StatusCode.NotFound, field, message);

    /// <summary>The method is for aggregators: UNIMPLEMENTED.</summary>
    public static RpcException OnlyOnAggregator(string method) => new(new Grpc.Core.Status(
        StatusCode.Unimplemented,
        $"{method}: this is an agent, and it has no agents; ask an aggregator (by default gRPC port "
        + $"{ServerSettings.Aggregator.GrpcPort}, REST port {ServerSettings.Aggregator.HttpPort})"));

    /// <summary>The archive is needed, and does not answer: UNAVAILABLE.</summary>
    public static RpcException ArchiveAway(ArchiveException failure) => new(new Grpc.Core.Status(
        StatusCode.Unavailable,
        $"the archive, which has the older ones of these events, does not answer: {failure.Message}. Try again, or ask for newer events only."));

    /// <summary>The server is stopping.</summary>
    public static RpcException ShuttingDown(string component) => new(new Grpc.Core.Status(
        StatusCode.Unavailable,
        $"the {component} is shutting down; resume with the last resume_token"));

    /// <summary>As many exports in Parquet run as may, of this client or of all: RESOURCE_EXHAUSTED.</summary>
    public static RpcException TooManyExports(int most) => new(new Grpc.Core.Status(
        StatusCode.ResourceExhausted,
        $"format: an export in parquet of this client runs already, or {most} of others: wait until one has ended, or take ndjson"));

    /// <summary>The server is stopping, in the middle of an export.</summary>
    public static RpcException ExportCut(string component) => new(new Grpc.Core.Status(
        StatusCode.Unavailable,
        $"the {component} is shutting down; the export is not whole"));

    private static RpcException Rejected(StatusCode code, string field, string message)
    {
        var details = new BadRequest();
        details.FieldViolations.Add(new BadRequest.Types.FieldViolation { Field = field, Description = message });
        var status = new Google.Rpc.Status { Code = (int)code, Message = message };
        status.Details.Add(Any.Pack(details));
        return new RpcException(
            new Grpc.Core.Status(code, message),
            new Metadata { { DetailsTrailer, status.ToByteArray() } });
    }
}
