using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Writing;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>Answers a failed call: a google.rpc.Status as JSON, with the HTTP status that its code maps to.</summary>
internal sealed class ErrorWriter(SchemaCache schemas, bool detailedErrors, ILogger logger)
{
    private const string DetailsTrailer = "grpc-status-details-bin";

    /// <summary>Answers. A client that has gone away gets nothing.</summary>
    /// <param name="context">The call.</param>
    /// <param name="error">What ended it.</param>
    /// <param name="isStream">Whether the answer ends with a newline, as each message of a stream does.</param>
    public async Task WriteAsync(TranscodingCallContext context, Exception error, bool isStream)
    {
        var response = context.HttpContext.Response;
        if (context.IsClientGone)
        {
            CallLog.ClientGone(logger, context.Method);
            return;
        }

        var (status, httpStatus) = StatusOf(context, error);
        using var json = new ByteBuffer();
        WriteStatus(context, status, json);
        if (isStream)
        {
            json.WriteByte((byte)'\n');
        }

        var bytes = context.Encoding == Encoding.UTF8
            ? json.WrittenMemory
            : Encoding.Convert(Encoding.UTF8, context.Encoding, json.Written.ToArray());
        if (!response.HasStarted)
        {
            response.StatusCode = httpStatus ?? StatusMapping.ToHttpStatus(status.StatusCode);
            response.ContentLength = bytes.Length;
            context.PrepareResponse();
        }

        await response.BodyWriter.WriteAsync(bytes, context.HttpContext.RequestAborted);
    }

    private (Status Status, int? HttpStatus) StatusOf(TranscodingCallContext context, Exception error)
    {
        switch (error)
        {
            case BadRequestException:
                CallLog.BadRequest(logger, context.Method, error.Message);
                return (new Status(StatusCode.InvalidArgument, error.Message), null);
            case RequestTooLargeException:
                CallLog.BadRequest(logger, context.Method, error.Message);
                return (new Status(StatusCode.ResourceExhausted, error.Message), StatusCodes.Status413PayloadTooLarge);
            case BadHttpRequestException bad:
                CallLog.BadRequest(logger, context.Method, error.Message);
                return (new Status(StatusMapping.FromHttpStatus(bad.StatusCode), bad.Message), bad.StatusCode);
            case MalformedWireException:
                CallLog.ResponseMalformed(logger, context.Method, error);
                return (new Status(StatusCode.Internal, $"The response of {context.Method} cannot be written as JSON: {error.Message}."), null);
            case OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled } when context.IsDeadlineExceeded:
                CallLog.DeadlineExceeded(logger, context.Method);
                return (new Status(StatusCode.DeadlineExceeded, "The deadline of the call has passed."), null);
            case RpcException rpc:
                CallLog.RpcFailed(logger, context.Method, rpc.StatusCode, rpc.Status.Detail, rpc.Status.DebugException);
                foreach (var entry in rpc.Trailers)
                {
                    context.ResponseTrailers.Add(entry);
                }

                return (rpc.Status, null);
            default:
                CallLog.ServiceFailed(logger, context.Method, error);
                var message = "Exception was thrown by handler." + (detailedErrors ? $" {Describe(error)}" : "");
                return (new Status(StatusCode.Unknown, message, error), null);
        }
    }

    private static string Describe(Exception error)
    {
        var text = $"{error.GetType().Name}: {error.Message}";
        return error.InnerException is { } inner ? $"{text} {Describe(inner)}" : text;
    }

    private void WriteStatus(TranscodingCallContext context, Status status, ByteBuffer json)
    {
        var schema = schemas.Get(Google.Rpc.Status.Descriptor);
        var writer = new JsonWriter(schemas, json) { ShowUnknownAnyAsBytes = true };
        if (context.ResponseTrailers.FirstOrDefault(e => e.Key == DetailsTrailer) is { } details)
        {
            try
            {
                writer.Write(schema, details.ValueBytes);
                return;
            }
            catch (MalformedWireException ex)
            {
                CallLog.DetailsMalformed(logger, context.Method, ex);
                json.Clear();
            }
        }

        var plain = new Google.Rpc.Status { Code = (int)status.StatusCode, Message = status.Detail ?? "" };
        writer.Write(schema, plain.ToByteArray());
    }
}
