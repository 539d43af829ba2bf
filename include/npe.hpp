/* npe.hpp: npe.h for C++11 and later: objects that free themselves, exceptions that carry npe's sentence. Header-only, so
 * only the C interface is between a host and the library. Objects move and do not copy (an edit has copy()). What is said in
 * npe.h of threads, units and blocking holds here. Every function may throw npe::error. */
#ifndef NPE_HPP
#define NPE_HPP

#include "npe.h"

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace npe {

/* A call that failed: what() is npe's sentence, status() one of NPE_ERR_... */
class error : public std::runtime_error {
public:
    error(npe_status status, const char *sentence) : std::runtime_error(sentence), status_(status) {}
    npe_status status() const noexcept { return status_; }

private:
    npe_status status_;
};

inline void check(npe_status status) {
    if (status != NPE_OK) throw error(status, npe_last_error());
}

/* Told how far the work is, 0 to 1; answers whether to go on. An exception stops the work and comes out of the call. */
typedef std::function<bool(float)> progress;

namespace detail {

struct call {
    const progress &function;
    std::exception_ptr thrown;

    explicit call(const progress &f) : function(f), thrown() {}

    /* No exception may cross npe, so it waits here. */
    static int32_t step(float done, void *user) {
        call *self = static_cast<call *>(user);
        try {
            return self->function(done) ? 1 : 0;
        } catch (...) {
            self->thrown = std::current_exception();
            return 0;
        }
    }
    npe_progress pointer() const { return function ? &call::step : nullptr; }
    void finish(npe_status status) const {
        if (thrown) std::rethrow_exception(thrown);
        check(status);
    }
};

struct free_model {
    void operator()(npe_model *model) const { npe_model_free(model); }
};
struct free_edit {
    void operator()(npe_edit *edit) const { npe_edit_free(edit); }
};

} // namespace detail

/* An image of the host's to be read; row stride in bytes, tight if 0. */
inline npe_image image(const void *data, size_t data_size, uint32_t width, uint32_t height, npe_format format,
                       size_t stride = 0) {
    npe_image i = npe_image();
    i.struct_size = sizeof i;
    i.data = data;
    i.data_size = data_size;
    i.width = width;
    i.height = height;
    i.stride = stride != 0 ? stride : size_t(width) * (format & 15u) * (format >> 4);
    /* BGRA has the number 5 and four channels. */
    if (stride == 0 && (format & 15u) == 5u) i.stride = size_t(width) * 4u * (format >> 4);
    i.format = format;
    return i;
}

/* A place of the host's for pixels; row stride in bytes, tight if 0. */
inline npe_image_out image_out(void *data, size_t data_size, uint32_t width, uint32_t height, npe_format format,
                               size_t stride = 0) {
    const npe_image in = image(data, data_size, width, height, format, stride);
    npe_image_out o = npe_image_out();
    o.struct_size = sizeof o;
    o.data = data;
    o.data_size = data_size;
    o.width = width;
    o.height = height;
    o.stride = in.stride;
    o.format = format;
    return o;
}

/* The version of the loaded library. */
inline std::string version() { return npe_version(); }

inline npe_session_info session_info() {
    npe_session_info info;
    check(npe_session_get_info(&info, sizeof info));
    return info;
}

inline void set_threads(uint32_t threads) { check(npe_session_set_threads(threads)); }

/* The folder of libtorch; "" has it looked for. */
inline void set_libtorch(const std::string &folder) {
    check(npe_session_set_libtorch(folder.empty() ? nullptr : folder.c_str()));
}

/* The faces in a photo, largest first. */
inline std::vector<npe_frame> find_faces(const npe_image &photo) {
    std::vector<npe_frame> frames(64);
    size_t count = 0;
    check(npe_find_faces(&photo, frames.data(), frames.size(), &count));
    if (count > frames.size()) {
        frames.resize(count);
        check(npe_find_faces(&photo, frames.data(), frames.size(), &count));
    }
    frames.resize(count);
    return frames;
}

/* A generative network. */
class model {
public:
    /* The model inside the library. */
    model() : handle_() { load("", "", progress()); }
    /* A model file; "" is the one inside the library. */
    explicit model(const std::string &path, const std::string &device = "auto", const progress &p = progress())
        : handle_() {
        load(path, device, p);
    }

    /* The texts belong to the model. */
    npe_model_info info() const {
        npe_model_info info;
        check(npe_model_get_info(get(), &info, sizeof info));
        return info;
    }
    /* Names of the sliders that edit::set_attribute moves; many models have none. */
    std::vector<std::string> attributes() const {
        size_t count = 0;
        check(npe_model_get_attribute_count(get(), &count));
        std::vector<std::string> names(count);
        for (size_t i = 0; i < count; i++) {
            const char *name = nullptr;
            check(npe_model_get_attribute_name(get(), i, &name));
            names[i] = name;
        }
        return names;
    }
    /* The faces in a photo, largest first, as this model frames them. */
    std::vector<npe_frame> find_faces(const npe_image &photo) const {
        std::vector<npe_frame> frames(64);
        size_t count = 0;
        check(npe_model_find_faces(get(), &photo, frames.data(), frames.size(), &count));
        if (count > frames.size()) {
            frames.resize(count);
            check(npe_model_find_faces(get(), &photo, frames.data(), frames.size(), &count));
        }
        frames.resize(count);
        return frames;
    }
    npe_model *get() const noexcept { return handle_.get(); }

private:
    void load(const std::string &path, const std::string &device, const progress &p) {
        npe_load_options options = npe_load_options();
        options.struct_size = sizeof options;
        options.path = path.empty() ? nullptr : path.c_str();
        options.device = device.empty() ? nullptr : device.c_str();
        detail::call call(p);
        npe_model *made = nullptr;
        const npe_status status = npe_load(&options, call.pointer(), &call, &made);
        handle_.reset(made);
        call.finish(status);
    }
    std::unique_ptr<npe_model, detail::free_model> handle_;
};

/* A small picture, 8-bit RGB, rows tight. */
struct picture {
    uint32_t width;
    uint32_t height;
    std::vector<uint8_t> rgb;
};

/* One photo being edited. */
class edit {
public:
    /* The largest face of the photo. */
    edit(const model &m, const npe_image &photo) : handle_() { encode(m, photo, nullptr); }
    edit(const model &m, const npe_image &photo, const npe_frame &frame) : handle_() { encode(m, photo, &frame); }

    edit copy() const {
        npe_edit *made = nullptr;
        check(npe_edit_copy(get(), &made));
        return edit(made);
    }
    npe_frame frame() const {
        npe_frame frame;
        check(npe_edit_get_frame(get(), &frame));
        return frame;
    }

    npe_stroke_report stroke(const std::vector<npe_dab> &dabs, float red, float green, float blue,
                             uint32_t mode = NPE_MODE_COLOR, const progress &p = progress()) {
        npe_stroke_options options = npe_stroke_options();
        options.struct_size = sizeof options;
        options.mode = mode;
        options.color[0] = red;
        options.color[1] = green;
        options.color[2] = blue;
        detail::call call(p);
        npe_stroke_report report;
        /* An empty vector may have no address; npe says what is wrong with 0 dabs. */
        const npe_dab none = npe_dab();
        call.finish(npe_stroke(get(), dabs.empty() ? &none : dabs.data(), dabs.size(), &options, call.pointer(), &call,
                               &report, sizeof report));
        return report;
    }
    npe_stroke_report paint(const npe_image &layer, uint32_t mode = NPE_MODE_COLOR, const progress &p = progress()) {
        detail::call call(p);
        npe_stroke_report report;
        call.finish(npe_paint(get(), &layer, mode, call.pointer(), &call, &report, sizeof report));
        return report;
    }

    /* Follows a guide over the whole photo, or over a part of it. */
    npe_stroke_report follow(const npe_image &guide, uint32_t mode = NPE_MODE_COLOR, const progress &p = progress()) {
        return followed(guide, nullptr, mode, p);
    }
    npe_stroke_report follow(const npe_image &guide, const npe_placement &placement, uint32_t mode = NPE_MODE_COLOR,
                             const progress &p = progress()) {
        return followed(guide, &placement, mode, p);
    }

    /* The next follow() begins after what was followed so far. */
    void end_guide() { check(npe_end_guide(get())); }

    void decode(const npe_image_out &image) const { check(npe_decode(get(), nullptr, &image)); }
    void decode(const npe_rect &rect, const npe_image_out &image) const { check(npe_decode(get(), &rect, &image)); }
    /* The change as a layer to lay over the photo. */
    void decode_change(const npe_image_out &image) const { check(npe_decode_change(get(), nullptr, &image)); }
    void decode_change(const npe_rect &rect, const npe_image_out &image) const {
        check(npe_decode_change(get(), &rect, &image));
    }
    npe_rect changed_rect() const {
        npe_rect rect;
        check(npe_changed_rect(get(), &rect));
        return rect;
    }
    picture view(uint32_t which) const {
        picture p = picture();
        check(npe_view_size(get(), which, &p.width, &p.height));
        p.rgb.resize(size_t(p.width) * p.height * 3);
        const npe_image_out out = image_out(p.rgb.data(), p.rgb.size(), p.width, p.height, NPE_FORMAT_RGB_U8);
        check(npe_view(get(), which, &out));
        return p;
    }

    /* False if there was nothing to undo. */
    bool undo() {
        int32_t done = 0;
        check(npe_undo(get(), &done));
        return done != 0;
    }
    /* False if there was nothing to redo. */
    bool redo() {
        int32_t done = 0;
        check(npe_redo(get(), &done));
        return done != 0;
    }
    void reset() { check(npe_reset(get())); }
    void update() { check(npe_update(get())); }
    void sample(uint64_t seed) { check(npe_sample(get(), seed)); }

    std::vector<float> latents() const {
        size_t count = 0;
        check(npe_get_latents(get(), nullptr, 0, &count));
        std::vector<float> values(count);
        check(npe_get_latents(get(), values.data(), values.size(), &count));
        return values;
    }
    void set_latents(const std::vector<float> &values) { check(npe_set_latents(get(), values.data(), values.size())); }
    void paint_latents(float x, float y, float radius, float value) {
        check(npe_paint_latents(get(), x, y, radius, value));
    }

    /* 0 is as in the photo; names are those of model::attributes(). */
    float attribute(const std::string &name) const {
        float value = 0;
        check(npe_get_attribute(get(), name.c_str(), &value));
        return value;
    }
    void set_attribute(const std::string &name, float value) { check(npe_set_attribute(get(), name.c_str(), value)); }

    npe_settings settings() const {
        npe_settings settings;
        check(npe_get_settings(get(), &settings, sizeof settings));
        return settings;
    }
    void set_settings(const npe_settings &settings) { check(npe_set_settings(get(), &settings)); }

    /* All that was done, as JSON. */
    std::string strokes() const {
        size_t length = 0;
        check(npe_strokes_save(get(), nullptr, 0, &length));
        std::string text(length + 1, '\0');
        check(npe_strokes_save(get(), &text[0], text.size(), &length));
        text.resize(length);
        return text;
    }
    void load_strokes(const std::string &text, const progress &p = progress()) {
        detail::call call(p);
        call.finish(npe_strokes_load(get(), text.data(), text.size(), call.pointer(), &call));
    }

    npe_edit *get() const noexcept { return handle_.get(); }

private:
    explicit edit(npe_edit *made) : handle_(made) {}
    npe_stroke_report followed(const npe_image &guide, const npe_placement *placement, uint32_t mode, const progress &p) {
        detail::call call(p);
        npe_stroke_report report;
        call.finish(npe_follow(get(), &guide, placement, mode, call.pointer(), &call, &report, sizeof report));
        return report;
    }
    void encode(const model &m, const npe_image &photo, const npe_frame *frame) {
        npe_edit *made = nullptr;
        check(npe_encode(m.get(), &photo, frame, &made));
        handle_.reset(made);
    }
    std::unique_ptr<npe_edit, detail::free_edit> handle_;
};

} // namespace npe

#endif /* NPE_HPP */
