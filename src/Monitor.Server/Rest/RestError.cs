using System.Text.Json;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Monitor.Server;

/// <summary>Errors over HTTP, in the shape that JSON transcoding gives to those of services: google.rpc.Status.</summary>
internal static class RestError
{
    /// <param name="code">The code.</param>
    /// <param name="message">What is wrong and what is accepted.</param>
    /// <param name="field">The parameter or field that is at fault, for the details; null where none is.</param>
    public static byte[] Json(StatusCode code, string message, string? field = null)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions
        {
            // For people with curl: quotes and brackets as they are. Nothing embeds this in HTML.
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }))
        {
            json.WriteStartObject();
            json.WriteNumber("code", (int)code);
            json.WriteString("message", message);
            json.WriteStartArray("details");
            if (field is not null)
            {
                WriteBadRequest(json, field, message);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    public static async Task WriteAsync(HttpContext context, int httpStatus, StatusCode code, string message, string? field = null)
    {
        var body = Json(code, message, field);
        context.Response.StatusCode = httpStatus;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    // As a service's error has it, see CallErrors: google.rpc.BadRequest in the JSON of an Any.
    private static void WriteBadRequest(Utf8JsonWriter json, string field, string description)
    {
        json.WriteStartObject();
        json.WriteString("@type", "type.googleapis.com/google.rpc.BadRequest");
        json.WriteStartArray("fieldViolations");
        json.WriteStartObject();
        json.WriteString("field", field);
        json.WriteString("description", description);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
