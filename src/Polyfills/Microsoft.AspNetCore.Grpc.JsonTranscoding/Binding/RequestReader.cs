using System.Text;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>Makes the encoding of a request message from body, path and query.</summary>
internal static class RequestReader
{
    /// <summary>Appends the message to <paramref name="output"/>.</summary>
    /// <exception cref="BadRequestException">The request is not a message of the rpc.</exception>
    public static async ValueTask ReadAsync(
        RouteRule rule, HttpContext context, BodyReader bodies, Encoding encoding, ByteBuffer output, CancellationToken cancellationToken)
    {
        if (rule.HasBody)
        {
            await bodies.ReadAsync(rule, context.Request, encoding, output, cancellationToken);
        }

        WriteParameters(rule, context, output);
    }

    private static void WriteParameters(RouteRule rule, HttpContext context, ByteBuffer output)
    {
        var writer = new ParameterWriter(output);
        if (rule.BodyField is { } bodyField)
        {
            writer.Note(bodyField);
        }

        CheckPath(rule, context);
        foreach (var (variable, path) in rule.Variables)
        {
            if (rule.Route.ReadVariable(variable, context) is { } value)
            {
                writer.Write(path, value);
            }
        }

        if (rule.BodyIsMessage)
        {
            return;
        }

        foreach (var (name, value) in QueryReader.Read(context.Request.QueryString.Value))
        {
            // Unknown parameters are ignored: others than the rpc may have put them there (a cache, a tracker).
            if (FieldPath.Find(rule.Input, name) is { } path && !rule.IsBoundElsewhere(path))
            {
                writer.Write(path, value);
            }
        }
    }

    // The server leaves escapes that are no UTF-8 as they are: they would be taken for text.
    private static void CheckPath(RouteRule rule, HttpContext context)
    {
        if (rule.Variables.Count == 0)
        {
            return;
        }

        var target = (context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "").AsSpan();
        var query = target.IndexOf('?');
        if (!PercentEncoding.IsUtf8(query < 0 ? target : target[..query]))
        {
            throw new BadRequestException("The path is not valid UTF-8.");
        }
    }
}
